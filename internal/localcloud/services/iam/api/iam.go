// Package api is the wire side of AWS Identity and Access Management: for each
// operation the request and reply as AWS shapes them, and a thin handler. One file an
// IAM object. The rules are in package model.
package api

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/query"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Wire is the service as the wire knows it.
func Wire() wire.Service {
	return wire.Service{Name: "iam", Protocols: []wire.Protocol{query.Protocol{Namespace: "https://iam.amazonaws.com/doc/2010-05-08/"}}}
}

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	h := &handlers{e}
	return slices.Concat(h.roleOperations(), h.rolePolicyOperations(), h.profileOperations(), h.policyOperations(), h.listOperations(), h.simulateOperations(), h.accountAliasOperations())
}

type handlers struct{ service.Env }

// change makes an operation whose handler changes the world.
func change[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.Change(h.World, Wire(), name, global(handle))
}

// view makes an operation whose handler reads the world.
func view[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.View(h.World, Wire(), name, global(handle))
}

// does makes an operation that changes the world and says nothing.
func does[In any](h *handlers, name string, do func(*world.Tx, *In) error) wire.Operation {
	return change(h, name, service.Does(wire.Empty{}, do))
}

// global lets a handler see IAM's objects from whatever region: theirs is "".
func global[In, Out any](handle service.Handler[In, Out]) service.Handler[In, Out] {
	return func(tx *world.Tx, c *wire.Call, in *In) (*Out, error) { return handle(tx.In(""), c, in) }
}

type tag struct {
	Key   string `query:"Key,required" min:"1" max:"128" pattern:"[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+" xml:"Key"`
	Value string `query:"Value,required" max:"256" pattern:"[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*" xml:"Value"`
}

func readTags(tags []tag) []model.Tag {
	list := make([]model.Tag, len(tags))
	for i, t := range tags {
		list[i] = model.Tag(t)
	}
	return list
}

func writeTags(tags world.Tags) wire.Members[tag] {
	var list wire.Members[tag]
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, tag{key, tags[key]})
	}
	return list
}

// optionalTags are a reply's tags, nil (left out) where there are none.
func optionalTags(tags world.Tags) *wire.Members[tag] {
	if len(tags) == 0 {
		return nil
	}
	list := writeTags(tags)
	return &list
}

// paging is what all of IAM's lists share.
type paging struct {
	MaxItems *int   `query:"MaxItems" min:"1" max:"1000"`
	Marker   string `query:"Marker" min:"1" max:"320" pattern:"[\\u0020-\\u00FF]+"`
}

// paged tells the caller how to go on.
type paged struct {
	IsTruncated bool   `xml:"IsTruncated"`
	Marker      string `xml:"Marker,omitempty"`
}

// usualPage is the size of a page where the caller doesn't say.
const usualPage = 100

func invalidMarker() error { return refuse.New("ValidationError", "Invalid Marker.") }

// page cuts one page out of a list that is sorted by name.
func page[T any](list []T, name func(T) string, in paging) ([]T, paged, error) {
	if in.Marker != "" {
		after, ok := wire.ReadMarker(in.Marker)
		if !ok {
			return nil, paged{}, invalidMarker()
		}
		list = slices.DeleteFunc(slices.Clone(list), func(v T) bool { return name(v) <= after })
	}
	size := usualPage
	if in.MaxItems != nil {
		size = cmp.Or(*in.MaxItems, size)
	}
	if len(list) <= size {
		return list, paged{}, nil
	}
	list = list[:size]
	return list, paged{true, wire.Marker(name(list[size-1]))}, nil
}

// timestamp writes a time as IAM does.
func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// escaped writes a policy document as IAM does: URL-encoded by RFC 3986.
func escaped(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

func self(s string) string { return s }
