// Package api is the wire side of Elastic Load Balancing version 2: for each
// operation the request and reply as AWS shapes them, and a thin handler. One file an
// AWS object. The rules are in package model.
package api

import (
	"slices"
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/query"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Options connect the service with the rest of the local cloud.
type Options struct {
	// Instances finds EC2's instances. Nil: there are none.
	Instances model.InstanceFinder
	// Health reads the health that the data plane's checks have found. Nil, or a target
	// that it doesn't list: the first check hasn't ended.
	Health HealthReader
}

// HealthReader returns what the health checks say about the targets of a group.
type HealthReader func(targetGroupARN string) []TargetHealth

// TargetHealth is what the health checks say about one target.
type TargetHealth struct {
	InstanceID string
	Port       int
	model.Health
}

// wireService is the service as the wire knows it.
func wireService() wire.Service {
	return wire.Service{Name: serviceName, Protocols: []wire.Protocol{query.Protocol{Namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"}}}
}

// Operations is the table of the service's operations over a world.
func Operations(w *world.World, options Options) []wire.Operation {
	if options.Instances == nil {
		options.Instances = func(*world.Tx, string) (model.Instance, bool) { return model.Instance{}, false }
	}
	if options.Health == nil {
		options.Health = func(string) []TargetHealth { return nil }
	}
	s := &service{world: w, options: options}
	return slices.Concat(s.loadBalancerOperations(), s.targetGroupOperations(), s.targetOperations(),
		s.listenerOperations(), s.ruleOperations(), s.attributeOperations(), s.tagOperations(), s.accountOperations())
}

type service struct {
	world   *world.World
	options Options
}

// serviceName is the service's signing name.
const serviceName = "elasticloadbalancing"

// change makes an operation whose handler changes the world.
func change[In, Out any](s *service, name string, handle func(tx *world.Tx, c *wire.Call, in *In) (*Out, error)) wire.Operation {
	return wire.Op(wireService(), name, func(c *wire.Call, in *In) (out *Out, err error) {
		err = s.world.Front(serviceName+":"+name).Update(c.Region, func(tx *world.Tx) error {
			out, err = handle(tx, c, in)
			return err
		})
		return out, err
	})
}

// view makes an operation whose handler reads the world.
func view[In, Out any](s *service, name string, handle func(tx *world.Tx, c *wire.Call, in *In) (*Out, error)) wire.Operation {
	return wire.Op(wireService(), name, func(c *wire.Call, in *In) (out *Out, err error) {
		err = s.world.Front(serviceName+":"+name).View(c.Region, func(tx *world.Tx) error {
			out, err = handle(tx, c, in)
			return err
		})
		return out, err
	})
}

func invalid(format string, args ...any) error { return refuse.New("ValidationError", format, args...) }

// done is the reply of operations that say nothing: an empty result.
type done struct{}

type tag struct {
	Key   string `query:"Key,required" min:"1" max:"128" pattern:"^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$" xml:"Key"`
	Value string `query:"Value" max:"256" pattern:"^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$" xml:"Value"`
}

func readTags(tags []tag) []model.Tag {
	list := make([]model.Tag, len(tags))
	for i, t := range tags {
		list[i] = model.Tag(t)
	}
	return list
}

// paging is what the describe operations share.
type paging struct {
	PageSize *int   `query:"PageSize" min:"1" max:"400"`
	Marker   string `query:"Marker"`
}

// maxPage is the size of a page where the caller doesn't say.
const maxPage = 400

// page cuts one page out of the objects, which are in order. The marker is the number
// of those before it: nobody removes objects while another pages, or nearly nobody.
func page[T any](list []T, in paging) ([]T, string, error) {
	start := 0
	if in.Marker != "" {
		place, _ := wire.ReadMarker(in.Marker)
		var err error
		if start, err = strconv.Atoi(place); err != nil || start < 0 {
			return nil, "", invalid("The marker '%s' is not valid", in.Marker)
		}
	}
	list = list[min(start, len(list)):]
	size := maxPage
	if in.PageSize != nil {
		size = *in.PageSize
	}
	if len(list) <= size {
		return list, "", nil
	}
	return list[:size], wire.Marker(strconv.Itoa(start + size)), nil
}

// object is a pointer to a struct that embeds world.Object.
type object[T any] interface {
	*T
	Base() *world.Object
}

// described returns the objects that a describe call sees: those of the ARNs, or all
// when there are none. Each ARN must have its kind's shape and be there.
func described[T any, P object[T]](tx *world.Tx, arns []string, find func(*world.Tx, string) (P, error)) ([]P, error) {
	if len(arns) == 0 {
		return world.Described[T, P](tx), nil
	}
	var found []P
	for _, arn := range arns {
		o, err := find(tx, arn)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(found, o) {
			found = append(found, o)
		}
	}
	return found, nil
}
