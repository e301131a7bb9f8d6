// Package api is the wire side of Amazon S3: for each operation the request and reply as AWS shapes them, and a thin handler. One
// file an AWS object. The rules are in package model, the contents in package blobs of the local cloud.
//
// It has more than 1,500 lines because S3's settings are operations of their own, three each.
package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/wire/restxml"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Wire is the service as the wire knows it.
func Wire() wire.Service {
	return wire.Service{
		Name: "s3", Streams: streams,
		Protocols: []wire.Protocol{restxml.Protocol{Namespace: "http://s3.amazonaws.com/doc/2006-03-01/", S3: true}},
	}
}

// streams says that a request puts an object, or a part of one: those have bodies of any length.
func streams(r *http.Request) bool {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if r.Method != http.MethodPut || key == "" {
		return false
	}
	query := r.URL.Query()
	for name := range query {
		if !slices.Contains([]string{"x-id", "partNumber", "uploadId"}, name) {
			return false
		}
	}
	return true
}

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	h := &handlers{e}
	return slices.Concat(h.bucketOperations(), h.settingOperations(), h.objectOperations(), h.listOperations(), h.deleteOperations(), h.uploadOperations())
}

type handlers struct{ service.Env }

// change makes an operation whose handler changes the world, and view one whose handler reads it. Buckets are in region "".
func change[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.Change(h.World, Wire(), name, global(handle))
}

func view[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.View(h.World, Wire(), name, global(handle))
}

func global[In, Out any](handle service.Handler[In, Out]) service.Handler[In, Out] {
	return func(tx *world.Tx, c *wire.Call, in *In) (*Out, error) { return handle(tx.In(""), c, in) }
}

// reads and writes make a part of an operation that does more than change the world: it moves contents.
func (h *handlers) reads(c *wire.Call, f func(*world.Tx) error) error {
	return h.World.Front("s3:"+c.Operation).View(c.Region, func(tx *world.Tx) error { return f(tx.In("")) })
}

func (h *handlers) writes(c *wire.Call, f func(*world.Tx) error) error {
	return h.World.Front("s3:"+c.Operation).Update(c.Region, func(tx *world.Tx) error { return f(tx.In("")) })
}

// inBucket is the bucket that a call names.
type inBucket struct {
	Bucket string `query:"Bucket,required" rest:"path Bucket"`
	Owner  string `query:"ExpectedBucketOwner" rest:"header x-amz-expected-bucket-owner"`
}

// inObject is the object that a call names.
type inObject struct {
	inBucket
	Key string `query:"Key,required" rest:"path Key" min:"1"`
}

// find finds the bucket for an action on it, or on an object in it, which its own policy must not deny.
func (in inBucket) find(tx *world.Tx, action, key string) (*model.Bucket, error) {
	if in.Owner != "" && in.Owner != world.AccountID {
		return nil, model.Denied()
	}
	b, err := model.FindBucket(tx, in.Bucket)
	if err != nil {
		return nil, err
	}
	resource := b.ARN()
	if key != "" {
		resource += "/" + key
	}
	if b.Decide("s3:"+action, resource).Decision == policy.ExplicitDeny {
		return nil, model.Denied()
	}
	return b, nil
}

// done removes contents that nothing has any more. They are swept later where that fails.
func (h *handlers) done(loose []string) {
	if h.Blobs != nil {
		_ = h.Blobs.Remove(loose...)
	}
}

func invalidTag() error {
	return refuse.New("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}
