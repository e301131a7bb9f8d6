package api

import (
	"encoding/xml"

	"github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/checksum"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

type listPartsInput struct {
	inUpload
	After *int `query:"PartNumberMarker" rest:"query part-number-marker" min:"0"`
	Most  *int `query:"MaxParts" rest:"query max-parts" min:"0"`
}

type partItem struct {
	Number   int       `xml:"PartNumber"`
	Modified wire.Time `xml:"LastModified"`
	ETag     string
	Size     int64
	CRC32    string `xml:"ChecksumCRC32,omitempty"`
	CRC32C   string `xml:"ChecksumCRC32C,omitempty"`
	CRC64    string `xml:"ChecksumCRC64NVME,omitempty"`
	SHA1     string `xml:"ChecksumSHA1,omitempty"`
	SHA256   string `xml:"ChecksumSHA256,omitempty"`
}

type listPartsOutput struct {
	XMLName   xml.Name `xml:"ListPartsResult"`
	Bucket    string
	Key       string
	UploadID  string     `xml:"UploadId"`
	Marker    int        `xml:"PartNumberMarker"`
	Next      int        `xml:"NextPartNumberMarker"`
	Most      int        `xml:"MaxParts"`
	Truncated bool       `xml:"IsTruncated"`
	Class     string     `xml:"StorageClass"`
	Parts     []partItem `xml:"Part"`
}

func listParts(tx *world.Tx, _ *wire.Call, in *listPartsInput) (*listPartsOutput, error) {
	b, err := in.find(tx, "ListMultipartUploadParts", in.Key)
	if err != nil {
		return nil, err
	}
	u, err := model.FindUpload(tx, b.ID, in.Key, in.ID)
	if err != nil {
		return nil, err
	}
	out := &listPartsOutput{Bucket: b.ID, Key: in.Key, UploadID: u.ID, Most: mostKeys, Class: "STANDARD"}
	if in.Most != nil {
		out.Most = min(*in.Most, mostKeys)
	}
	if in.After != nil {
		out.Marker = *in.After
	}
	for _, p := range model.PartsOf(tx, u) {
		if p.Number <= out.Marker {
			continue
		}
		if len(out.Parts) == out.Most {
			out.Truncated = true
			break
		}
		out.Parts = append(out.Parts, partItem{
			p.Number, wire.Time(p.Created), quoted(p.ETag), p.Size, p.Sums[checksum.CRC32], p.Sums[checksum.CRC32C], p.Sums[checksum.CRC64NVME], p.Sums[checksum.SHA1], p.Sums[checksum.SHA256],
		})
		out.Next = p.Number
	}
	return out, nil
}

type listUploadsInput struct {
	inBucket
	Prefix    string `query:"Prefix" rest:"query prefix"`
	Encoding  string `query:"EncodingType" rest:"query encoding-type" enum:"url"`
	KeyMarker string `query:"KeyMarker" rest:"query key-marker"`
	IDMarker  string `query:"UploadIdMarker" rest:"query upload-id-marker"`
	Most      *int   `query:"MaxUploads" rest:"query max-uploads" min:"0"`
}

type uploadItem struct {
	Key       string
	UploadID  string    `xml:"UploadId"`
	Initiated wire.Time `xml:"Initiated"`
	Class     string    `xml:"StorageClass"`
}

type listUploadsOutput struct {
	XMLName   xml.Name `xml:"ListMultipartUploadsResult"`
	Bucket    string
	Prefix    string `xml:"Prefix,omitempty"`
	KeyMarker string
	IDMarker  string       `xml:"UploadIdMarker"`
	NextKey   string       `xml:"NextKeyMarker,omitempty"`
	NextID    string       `xml:"NextUploadIdMarker,omitempty"`
	Most      int          `xml:"MaxUploads"`
	Truncated bool         `xml:"IsTruncated"`
	Uploads   []uploadItem `xml:"Upload"`
}

func listUploads(tx *world.Tx, _ *wire.Call, in *listUploadsInput) (*listUploadsOutput, error) {
	b, err := in.find(tx, "ListBucketMultipartUploads", "")
	if err != nil {
		return nil, err
	}
	out := &listUploadsOutput{Bucket: b.ID, Prefix: in.Prefix, KeyMarker: in.KeyMarker, IDMarker: in.IDMarker, Most: mostKeys}
	if in.Most != nil {
		out.Most = min(*in.Most, mostKeys)
	}
	passed := in.IDMarker == ""
	for _, u := range model.Uploads(tx, b.ID, in.Prefix) {
		switch {
		case u.Key < in.KeyMarker, u.Key == in.KeyMarker && in.IDMarker == "":
			continue
		case u.Key == in.KeyMarker && !passed:
			passed = u.ID == in.IDMarker
			continue
		}
		if len(out.Uploads) == out.Most {
			last := out.Uploads[len(out.Uploads)-1]
			out.Truncated, out.NextKey, out.NextID = true, last.Key, last.UploadID
			break
		}
		key := u.Key
		if in.Encoding == "url" {
			key = asked{Encoding: in.Encoding}.shown(key)
		}
		out.Uploads = append(out.Uploads, uploadItem{key, u.ID, wire.Time(u.Created), "STANDARD"})
	}
	return out, nil
}
