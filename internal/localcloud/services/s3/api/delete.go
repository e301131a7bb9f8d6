package api

import (
	"encoding/xml"
	"errors"

	"github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) deleteOperations() []wire.Operation {
	return []wire.Operation{
		wire.Op(Wire(), "DeleteObject", h.deleteObject).At("DELETE /{Bucket}/{Key+}", noContent),
		wire.Op(Wire(), "DeleteObjects", h.deleteObjects).At("POST /{Bucket}?delete"),
	}
}

type deleteObjectInput struct {
	inObject
	Version string `query:"VersionId" rest:"query versionId"`
	IfMatch string `query:"IfMatch" rest:"header If-Match"`
}

type deleteObjectOutput struct {
	Version string `rest:"header x-amz-version-id" xml:"-"`
	Marker  string `rest:"header x-amz-delete-marker" xml:"-"`
}

// deleting is the action of a deletion.
func deleting(version string) string {
	if version != "" {
		return "DeleteObjectVersion"
	}
	return "DeleteObject"
}

func (h *handlers) deleteObject(c *wire.Call, in *deleteObjectInput) (*deleteObjectOutput, error) {
	out := &deleteObjectOutput{}
	var loose []string
	err := h.writes(c, func(tx *world.Tx) error {
		b, err := in.find(tx, deleting(in.Version), in.Key)
		if err != nil {
			return err
		}
		v, old, err := model.Remove(tx, b, in.Key, in.Version, model.Condition{IfMatch: in.IfMatch})
		if err != nil {
			return err
		}
		loose = old
		if v != nil && b.Versioning != "" {
			out.Version = v.VersionID
			if v.Marker {
				out.Marker = "true"
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	h.done(loose)
	return out, nil
}

type deleteObjectsInput struct {
	inBucket
	Delete struct {
		Objects []struct {
			Key     string `query:"Key,required"`
			Version string `query:"VersionId"`
			ETag    string `query:"ETag"`
		} `query:"Object,required" item:"-" max:"1000"`
		Quiet bool `query:"Quiet"`
	} `query:"Delete,required" rest:"body Delete"`
}

type deletedItem struct {
	Key           string
	Version       string `xml:"VersionId,omitempty"`
	Marker        bool   `xml:"DeleteMarker,omitempty"`
	MarkerVersion string `xml:"DeleteMarkerVersionId,omitempty"`
}

type undeletedItem struct {
	Key     string
	Version string `xml:"VersionId,omitempty"`
	Code    string
	Message string
}

type deleteObjectsOutput struct {
	XMLName xml.Name        `xml:"DeleteResult"`
	Deleted []deletedItem   `xml:"Deleted"`
	Errors  []undeletedItem `xml:"Error"`
}

func (h *handlers) deleteObjects(c *wire.Call, in *deleteObjectsInput) (*deleteObjectsOutput, error) {
	out := &deleteObjectsOutput{}
	var loose []string
	err := h.writes(c, func(tx *world.Tx) error {
		if _, err := model.FindBucket(tx, in.Bucket); err != nil {
			return err
		}
		for _, o := range in.Delete.Objects {
			b, err := in.find(tx, deleting(o.Version), o.Key)
			var v *model.Version
			if err == nil {
				var old []string
				v, old, err = model.Remove(tx, b, o.Key, o.Version, model.Condition{IfMatch: o.ETag})
				loose = append(loose, old...)
			}
			var refusal *refuse.Error
			if errors.As(err, &refusal) {
				out.Errors = append(out.Errors, undeletedItem{o.Key, o.Version, refusal.Code, refusal.Message})
				continue
			}
			if err != nil {
				return err
			}
			if in.Delete.Quiet {
				continue
			}
			item := deletedItem{Key: o.Key, Version: o.Version}
			if v != nil && v.Marker {
				item.Marker, item.MarkerVersion = true, v.VersionID
			}
			out.Deleted = append(out.Deleted, item)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	h.done(loose)
	return out, nil
}
