package faults

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Failure makes objects fail after the call that asked for them has succeeded: a NAT
// gateway or a load balancer becomes "failed", an instance is terminated instead of
// running.
type Failure struct {
	// Object is the kind of the objects, such as "nat-gateway".
	Object string `json:"object"`
	// Zone is the Availability Zone of the objects; "" means all.
	Zone string `json:"zone,omitempty"`
	// Nth is the first of those objects that fails, from 1; 0 means 1.
	Nth int `json:"nth,omitzero"`
	// Times is how many fail at most; 0 means all.
	Times int `json:"times,omitzero"`
	// Code and Message are what the object says of it: the failure of a NAT gateway, the
	// state reason of an instance or, without a code, that of a load balancer.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// world is the failure as the world makes it, with what the kind of the object says by
// default.
func (f Failure) world(services []service.Service) world.Failure {
	w := world.Failure{Object: f.Object, Zone: f.Zone, Nth: f.Nth, Times: f.Times, Code: f.Code, Message: f.Message}
	if known, ok := failing(services, f.Object); ok {
		if w.Code == "" {
			w.Message = cmp.Or(w.Message, known.Message)
		}
		w.Code = cmp.Or(w.Code, known.Code)
	}
	w.Message = cmp.Or(w.Message, w.Code)
	return w
}

// failing says how objects of a kind fail; false when none do.
func failing(services []service.Service, object string) (world.Failing, bool) {
	for _, k := range service.Kinds(services) {
		if f := k.About().Failing; f.Object == object && object != "" {
			return f, true
		}
	}
	return world.Failing{}, false
}

func (k *checker) failure(path string, f Failure) {
	of, known := failing(k.services, f.Object)
	if !known {
		var names []string
		for _, kind := range service.Kinds(k.services) {
			if name := kind.About().Failing.Object; name != "" {
				names = append(names, name)
			}
		}
		message := fmt.Sprintf("there is no failing %q", f.Object)
		if f.Object == "" {
			message = "is missing"
		}
		k.problem(path+".object", message, strings.Join(names, ", "))
	}
	switch {
	case f.Zone != "" && of.Zoneless:
		k.problem(path+".zone", "a "+strings.ReplaceAll(f.Object, "-", " ")+" is in no single zone", "no zone")
	case f.Zone != "":
		k.place(path, Place{Zone: f.Zone})
	}
	if f.Code != "" && !codeShape.MatchString(f.Code) {
		k.problem(path+".code", fmt.Sprintf("%q is no error code", f.Code), "a code such as Server.InsufficientInstanceCapacity")
	}
	if f.Nth < 0 {
		k.problem(path+".nth", "can't be negative", "a number from 1")
	}
	if f.Times < 0 {
		k.problem(path+".times", "can't be negative", "a number from 1")
	}
}
