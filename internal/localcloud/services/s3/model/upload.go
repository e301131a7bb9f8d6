package model

import (
	"cmp"
	"crypto/md5" //nolint:gosec // S3's ETags are made of it
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Upload is an upload in parts that hasn't ended. Its ID is the upload's.
type Upload struct {
	world.Object
	Bucket, Key       string
	Headers, Metadata map[string]string
	Algorithm         string // of its checksums; "" for none
	SumType           string
}

// Part is a part of an upload.
type Part struct {
	world.Object
	Upload string
	Number int
	Size   int64
	ETag   string // without quotes
	Sums   map[string]string
	Blob   string
}

func uploadKind() world.AnyKind {
	return world.Kind[Upload, *Upload]{
		Name: "s3-upload", Untaggable: true, KnownAtOnce: true,
		NotFound: func(...string) error { return noSuchUpload() },
		Parent:   func(u *Upload) string { return u.Bucket },
	}
}

func partKind() world.AnyKind {
	return world.Kind[Part, *Part]{
		Name: "s3-part", Untaggable: true, KnownAtOnce: true,
		NotFound: func(...string) error { return noSuchUpload() },
		Parent:   func(p *Part) string { return p.Upload },
	}
}

// The bounds of parts. Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits".
const (
	MaxParts  = 10_000
	leastPart = 5 << 20 // but for the last
)

// StartUpload begins an upload in parts.
func StartUpload(tx *world.Tx, u Upload) (*Upload, error) {
	if len(u.Key) > MaxKey {
		return nil, refuse.New("KeyTooLongError", "Your key is too long")
	}
	u.Object = tx.NamedObject(tx.Hex(64), nil)
	world.Add(tx, &u)
	return &u, nil
}

// FindUpload finds the upload of an object.
func FindUpload(tx *world.Tx, bucket, key, id string) (*Upload, error) {
	u, err := world.Find[Upload](tx, id)
	if err != nil || u.Bucket != bucket || u.Key != key {
		return nil, noSuchUpload()
	}
	return u, nil
}

func uploadsOf(tx *world.Tx, bucket string) []*Upload { return world.Of[Upload](tx, bucket) }

// Uploads are those of a bucket whose keys begin with a prefix, by key and age.
func Uploads(tx *world.Tx, bucket, prefix string) []*Upload {
	all := slices.DeleteFunc(slices.Clone(uploadsOf(tx, bucket)), func(u *Upload) bool { return !strings.HasPrefix(u.Key, prefix) })
	slices.SortFunc(all, func(a, b *Upload) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Serial, b.Serial)) })
	return all
}

// PutPart adds a part, in place of one that has its number. It returns the contents that nothing has any more.
func PutPart(tx *world.Tx, u *Upload, p Part) (loose []string) {
	for _, old := range PartsOf(tx, u) {
		if old.Number == p.Number {
			loose = append(loose, old.Blob)
			world.Delete[Part](tx, old.ID)
		}
	}
	p.Object, p.Upload = tx.NamedObject(tx.Hex(32), nil), u.ID
	world.Add(tx, &p)
	return loose
}

// PartsOf are the parts of an upload by their numbers.
func PartsOf(tx *world.Tx, u *Upload) []*Part {
	all := slices.Clone(world.Of[Part](tx, u.ID))
	slices.SortFunc(all, func(a, b *Part) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// Named is a part as a caller names it who ends an upload.
type Named struct {
	Number int
	ETag   string
}

// Chosen are the parts that an upload is to be made of, in their order.
func Chosen(tx *world.Tx, u *Upload, named []Named) ([]*Part, error) {
	if len(named) == 0 {
		return nil, refuse.New("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	all := map[int]*Part{}
	for _, p := range PartsOf(tx, u) {
		all[p.Number] = p
	}
	var chosen []*Part
	for i, n := range named {
		p := all[n.Number]
		switch {
		case p == nil || strings.Trim(n.ETag, `"`) != p.ETag:
			return nil, refuse.New("InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
		case i > 0 && n.Number <= named[i-1].Number:
			return nil, refuse.New("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
		}
		chosen = append(chosen, p)
	}
	for _, p := range chosen[:len(chosen)-1] {
		if p.Size < leastPart {
			return nil, refuse.New("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
		}
	}
	return chosen, nil
}

// ETagOf is that of an object which was uploaded in parts.
func ETagOf(parts []*Part) string {
	sum := md5.New() //nolint:gosec // as above
	for _, p := range parts {
		one, _ := hex.DecodeString(p.ETag) // it was made here
		sum.Write(one)
	}
	return fmt.Sprintf("%x-%d", sum.Sum(nil), len(parts))
}

// EndUpload takes an upload away with its parts. It returns their contents.
func EndUpload(tx *world.Tx, u *Upload) (loose []string) {
	for _, p := range PartsOf(tx, u) {
		loose = append(loose, p.Blob)
		world.Delete[Part](tx, p.ID)
	}
	world.Delete[Upload](tx, u.ID)
	return loose
}
