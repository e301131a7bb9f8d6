package api

import (
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// The sizes of pages. Source: Amazon S3 API Reference.
const (
	mostKeys    = 1000
	mostBuckets = 10_000
)

func (h *handlers) listOperations() []wire.Operation {
	return []wire.Operation{
		view(h, "ListObjectsV2", listObjects).At("GET /{Bucket}?list-type=2"),
		view(h, "ListObjectVersions", listVersions).At("GET /{Bucket}?versions"),
	}
}

func sortByName(all []*model.Bucket) {
	slices.SortFunc(all, func(a, b *model.Bucket) int { return cmp.Compare(a.ID, b.ID) })
}

func sortedKeys(tags world.Tags) []string { return slices.Sorted(maps.Keys(tags)) }

func invalidToken() error {
	return refuse.New("InvalidArgument", "The continuation token provided is incorrect")
}

// asked is what lists have in common.
type asked struct {
	Prefix    string `query:"Prefix" rest:"query prefix"`
	Delimiter string `query:"Delimiter" rest:"query delimiter"`
	Most      *int   `query:"MaxKeys" rest:"query max-keys" min:"0"`
	Encoding  string `query:"EncodingType" rest:"query encoding-type" enum:"url"`
}

func (a asked) most() int {
	if a.Most == nil {
		return mostKeys
	}
	return min(*a.Most, mostKeys)
}

// shown is a key as the caller wants keys written.
func (a asked) shown(key string) string {
	if a.Encoding == "url" {
		return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
	}
	return key
}

// folded is the part of a key up to the first delimiter after the prefix: keys that share it are listed as one.
func (a asked) folded(key string) (string, bool) {
	if a.Delimiter == "" {
		return "", false
	}
	i := strings.Index(key[len(a.Prefix):], a.Delimiter)
	if i < 0 {
		return "", false
	}
	return key[:len(a.Prefix)+i+len(a.Delimiter)], true
}

type prefixItem struct {
	Prefix string
}

type listObjectsInput struct {
	inBucket
	asked
	Token string    `query:"ContinuationToken" rest:"query continuation-token"`
	After string    `query:"StartAfter" rest:"query start-after"`
	Owner wire.Only `query:"FetchOwner" rest:"query fetch-owner" only:"false"`
}

type objectItem struct {
	Key      string
	Modified wire.Time `xml:"LastModified"`
	ETag     string
	Size     int64
	Class    string `xml:"StorageClass"`
}

type listObjectsOutput struct {
	XMLName   xml.Name `xml:"ListBucketResult"`
	Name      string
	Prefix    string
	Delimiter string `xml:"Delimiter,omitempty"`
	Encoding  string `xml:"EncodingType,omitempty"`
	MaxKeys   int
	KeyCount  int
	Truncated bool   `xml:"IsTruncated"`
	Token     string `xml:"ContinuationToken,omitempty"`
	Next      string `xml:"NextContinuationToken,omitempty"`
	After     string `xml:"StartAfter,omitempty"`
	Contents  []objectItem
	Prefixes  []prefixItem `xml:"CommonPrefixes"`
}

func listObjects(tx *world.Tx, _ *wire.Call, in *listObjectsInput) (*listObjectsOutput, error) {
	b, err := in.find(tx, "ListBucket", "")
	if err != nil {
		return nil, err
	}
	after := in.After
	if in.Token != "" {
		text, err := base64.RawURLEncoding.DecodeString(in.Token)
		if err != nil {
			return nil, invalidToken()
		}
		after = string(text)
	}
	most := in.most()
	out := &listObjectsOutput{
		Name: b.ID, Prefix: in.shown(in.Prefix), Delimiter: in.shown(in.Delimiter), Encoding: in.Encoding, MaxKeys: most, Token: in.Token, After: in.shown(in.After),
	}
	last := ""
	for _, v := range model.Current(model.Listed(tx, b.ID, in.Prefix)) {
		place, folds := in.folded(v.Key)
		switch {
		case v.Key <= after || folds && place == after:
			continue
		case folds && place == last:
			continue
		case out.KeyCount == most:
			out.Truncated = most > 0
			if out.Truncated {
				out.Next = base64.RawURLEncoding.EncodeToString([]byte(last))
			}
			return out, nil
		case folds:
			out.Prefixes = append(out.Prefixes, prefixItem{in.shown(place)})
			last = place
		default:
			out.Contents = append(out.Contents, objectItem{in.shown(v.Key), wire.Time(v.Modified()), quoted(v.ETag), v.Size, "STANDARD"})
			last = v.Key
		}
		out.KeyCount++
	}
	return out, nil
}

type listVersionsInput struct {
	inBucket
	asked
	KeyMarker     string `query:"KeyMarker" rest:"query key-marker"`
	VersionMarker string `query:"VersionIdMarker" rest:"query version-id-marker"`
}

type versionItem struct {
	ETag     string `xml:"ETag,omitempty"`
	Size     *int64 `xml:"Size,omitempty"`
	Class    string `xml:"StorageClass,omitempty"`
	Key      string
	Version  string    `xml:"VersionId"`
	Latest   bool      `xml:"IsLatest"`
	Modified wire.Time `xml:"LastModified"`
	Owner    owner
}

type listVersionsOutput struct {
	XMLName       xml.Name `xml:"ListVersionsResult"`
	Name          string
	Prefix        string
	Delimiter     string `xml:"Delimiter,omitempty"`
	Encoding      string `xml:"EncodingType,omitempty"`
	KeyMarker     string
	VersionMarker string `xml:"VersionIdMarker"`
	MaxKeys       int
	Truncated     bool          `xml:"IsTruncated"`
	NextKey       string        `xml:"NextKeyMarker,omitempty"`
	NextVersion   string        `xml:"NextVersionIdMarker,omitempty"`
	Versions      []versionItem `xml:"Version"`
	Markers       []versionItem `xml:"DeleteMarker"`
	Prefixes      []prefixItem  `xml:"CommonPrefixes"`
}

func listVersions(tx *world.Tx, _ *wire.Call, in *listVersionsInput) (*listVersionsOutput, error) {
	b, err := in.find(tx, "ListBucketVersions", "")
	if err != nil {
		return nil, err
	}
	if in.VersionMarker != "" && in.KeyMarker == "" {
		return nil, refuse.New("InvalidArgument", "A version-id marker cannot be specified without a key marker.")
	}
	most := in.most()
	out := &listVersionsOutput{
		Name: b.ID, Prefix: in.shown(in.Prefix), Delimiter: in.shown(in.Delimiter), Encoding: in.Encoding, KeyMarker: in.shown(in.KeyMarker), VersionMarker: in.VersionMarker, MaxKeys: most,
	}
	count, key, passed, lastKey, lastVersion := 0, "", in.VersionMarker == "", "", ""
	for _, v := range model.Listed(tx, b.ID, in.Prefix) {
		newest := v.Key != key
		key = v.Key
		place, folds := in.folded(v.Key)
		switch {
		case v.Key < in.KeyMarker, v.Key == in.KeyMarker && in.VersionMarker == "", folds && place == in.KeyMarker:
			continue
		case v.Key == in.KeyMarker && !passed:
			passed = v.VersionID == in.VersionMarker
			continue
		case folds && place == lastKey:
			continue
		case count == most:
			if out.Truncated = most > 0; out.Truncated {
				out.NextKey, out.NextVersion = in.shown(lastKey), lastVersion
			}
			return out, nil
		case folds:
			out.Prefixes = append(out.Prefixes, prefixItem{in.shown(place)})
			lastKey, lastVersion = place, ""
		default:
			item := versionItem{Key: in.shown(v.Key), Version: v.VersionID, Latest: newest, Modified: wire.Time(v.Modified()), Owner: self()}
			if v.Marker {
				out.Markers = append(out.Markers, item)
			} else {
				item.ETag, item.Size, item.Class = quoted(v.ETag), &v.Size, "STANDARD"
				out.Versions = append(out.Versions, item)
			}
			lastKey, lastVersion = v.Key, v.VersionID
		}
		count++
	}
	return out, nil
}
