package model

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/blobs"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Version is a version of an object, or a delete marker.
type Version struct {
	world.Object
	Bucket, Key string
	VersionID   string // "null" where versioning was off or suspended
	Marker      bool
	Size        int64
	ETag        string            // without quotes
	Sums        map[string]string // checksums that the caller gave or asked for, in base64, by algorithm
	SumType     string            // FULL_OBJECT or COMPOSITE
	Blob        string            // its content; "" of a marker
	Headers     map[string]string // that the caller gave, such as Content-Type
	Metadata    map[string]string
	Parts       int // of an upload in parts; 0 of others
}

// Null is the ID of versions of a bucket without versioning.
const Null = "null"

func versionKind() world.AnyKind {
	return world.Kind[Version, *Version]{
		Name: "s3-version", Untaggable: true, KnownAtOnce: true,
		NotFound: func(...string) error {
			return refuse.WithStatus(refuse.StatusNotFound, "NoSuchVersion", "The specified version does not exist.")
		},
		Parent: func(v *Version) string { return place(v.Bucket, v.Key) },
		Settle: func(tx *world.Tx, v *Version, _ string) { expire(tx, v) },
	}
}

func place(bucket, key string) string { return bucket + "/" + key }

// MaxKey is how long a key may be, in bytes. Source: Amazon S3 User Guide, "Naming Amazon S3 objects".
const MaxKey = 1024

// versionsOf are the versions of an object, the newest first.
func versionsOf(tx *world.Tx, bucket, key string) []*Version {
	all := slices.Clone(world.Of[Version](tx, place(bucket, key)))
	slices.SortFunc(all, func(a, b *Version) int { return cmp.Compare(b.Serial, a.Serial) })
	return all
}

// FindVersion finds an object, or a version of it where an ID is given. A delete marker is found, too.
func FindVersion(tx *world.Tx, bucket, key, id string) (*Version, error) {
	all := versionsOf(tx, bucket, key)
	if id == "" {
		if len(all) == 0 {
			return nil, noSuchKey()
		}
		return all[0], nil
	}
	for _, v := range all {
		if v.VersionID == id {
			return v, nil
		}
	}
	return nil, world.Missing[Version](tx, id)
}

// Latest says whether it is the newest version of its object.
func (v *Version) Latest(tx *world.Tx) bool { return versionsOf(tx, v.Bucket, v.Key)[0].ID == v.ID }

// Condition is what a write asks of what is there.
// Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes".
type Condition struct{ IfMatch, IfNoneMatch string }

// PreconditionFailed is the refusal by the condition that a header has. Source: public tests, verified on AWS.
func PreconditionFailed(header string) error {
	return refuse.WithStatus(statusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold").With("Condition", header)
}

// check refuses a write whose condition doesn't hold.
func (c Condition) check(tx *world.Tx, bucket, key string) error {
	if c == (Condition{}) {
		return nil
	}
	if c.IfMatch != "" && c.IfNoneMatch != "" || c.IfMatch == "*" || c.IfNoneMatch != "" && c.IfNoneMatch != "*" {
		return notImplemented()
	}
	v, err := FindVersion(tx, bucket, key, "")
	there := err == nil && !v.Marker
	switch {
	case c.IfNoneMatch != "" && there:
		return PreconditionFailed("If-None-Match")
	case c.IfMatch != "" && !there:
		return noSuchKey()
	case c.IfMatch != "" && strings.Trim(c.IfMatch, `"`) != v.ETag:
		return PreconditionFailed("If-Match")
	}
	return nil
}

// Put adds a version of an object. It returns the contents that nothing has any more.
func Put(tx *world.Tx, b *Bucket, v Version, c Condition) (made *Version, loose []string, err error) {
	if len(v.Key) > MaxKey {
		return nil, nil, refuse.New("KeyTooLongError", "Your key is too long")
	}
	if err := c.check(tx, b.ID, v.Key); err != nil {
		return nil, nil, err
	}
	v.Bucket = b.ID
	made, loose = add(tx, b, v)
	return made, loose, nil
}

func add(tx *world.Tx, b *Bucket, v Version) (*Version, []string) {
	var loose []string
	v.Object = tx.NamedObject(tx.Hex(32), nil)
	v.VersionID = v.ID
	if b.Versioning != Enabled {
		v.VersionID = Null
		for _, old := range versionsOf(tx, b.ID, v.Key) {
			if old.VersionID == Null {
				loose = remove(tx, old, loose)
			}
		}
	}
	v.Next = b.due(&v)
	world.Add(tx, &v)
	return &v, loose
}

func remove(tx *world.Tx, v *Version, loose []string) []string {
	world.Delete[Version](tx, v.ID)
	if v.Blob != "" {
		loose = append(loose, v.Blob)
	}
	return loose
}

// Remove deletes an object, or a version of it. Without a version's ID a bucket with versioning gets a delete marker, which is
// returned; else the version that was deleted is. What isn't there is deleted, too.
func Remove(tx *world.Tx, b *Bucket, key, id string, c Condition) (v *Version, loose []string, err error) {
	if c.IfMatch != "" {
		if v, err := FindVersion(tx, b.ID, key, id); c.IfMatch != "*" || err != nil || v.Marker {
			if err := (Condition{IfMatch: c.IfMatch}).check(tx, b.ID, key); err != nil {
				return nil, nil, err
			}
		}
	}
	if id != "" {
		v, err := FindVersion(tx, b.ID, key, id)
		if err != nil {
			return nil, nil, nil //nolint:nilerr // it is gone
		}
		return v, remove(tx, v, nil), nil
	}
	if b.Versioning == "" {
		for _, old := range versionsOf(tx, b.ID, key) {
			loose = remove(tx, old, loose)
		}
		return nil, loose, nil
	}
	made, loose := add(tx, b, Version{Bucket: b.ID, Key: key, Marker: true})
	return made, loose, nil
}

// Listed are the versions of a bucket whose keys begin with a prefix, by key, those of a key the newest first.
func Listed(tx *world.Tx, bucket, prefix string) []*Version {
	all := world.Where(tx, func(v *Version) bool { return v.Bucket == bucket && strings.HasPrefix(v.Key, prefix) })
	slices.SortFunc(all, func(a, b *Version) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(b.Serial, a.Serial)) })
	return all
}

// Current are the objects that are there: the newest of each key's versions, without delete markers.
func Current(versions []*Version) (all []*Version) {
	key, first := "", true
	for _, v := range versions {
		if newest := first || v.Key != key; newest && !v.Marker {
			all = append(all, v)
		}
		key, first = v.Key, false
	}
	return all
}

// Blobs are the contents that something has.
func Blobs(tx *world.Tx) map[string]bool {
	tx = tx.In("")
	known := map[string]bool{}
	for _, v := range world.All[Version](tx) {
		known[v.Blob] = true
	}
	for _, p := range world.All[Part](tx) {
		known[p.Blob] = true
	}
	return known
}

// Modified is when the version was made, as S3 tells it: in whole seconds.
func (v *Version) Modified() time.Time { return v.Created.Truncate(time.Second) }

// Deliver puts an object that an AWS service brings for one of its own, if the bucket lets it: see MayDeliver. It returns the
// contents that nothing has any more.
func Deliver(tx *world.Tx, bucket, service, source, key string, c blobs.Content) (loose []string, err error) {
	if err := MayDeliver(tx, bucket, key, service, source); err != nil {
		return nil, err
	}
	tx = tx.In("")
	b, err := FindBucket(tx, bucket)
	if err != nil {
		return nil, err
	}
	_, loose, err = Put(tx, b, Version{
		Key: key, Size: c.Size, ETag: hex.EncodeToString(c.MD5), Sums: c.Sums, SumType: "FULL_OBJECT", Blob: c.ID, Headers: map[string]string{"Content-Type": "application/octet-stream"},
	}, Condition{})
	return loose, err
}
