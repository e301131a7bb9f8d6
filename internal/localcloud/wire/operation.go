package wire

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// Service is what the wire has to know of a service.
type Service struct {
	Name string // signing name, such as "ec2" or "elasticloadbalancing"
	// Protocols are those that it speaks. The last one takes what the others don't.
	Protocols []Protocol
	// MaxBody bounds a request's body, in bytes; 0 means 1 MiB.
	MaxBody int64
	// Unsigned names the operations that need no credentials, simulated or not.
	Unsigned []string
	// Streams says of a request that its body may have any length: nobody reads it before the operation does, from
	// [Call.Body]. Nil: none has such a body.
	Streams func(r *http.Request) bool
}

// protocol is the one that a request is in.
func (s Service) protocol(r *Request) Protocol {
	last := len(s.Protocols) - 1
	for _, p := range s.Protocols[:last] {
		if p.Speaks(r.Request) {
			return p
		}
	}
	return s.Protocols[last]
}

// Operation is one entry of the table of operations, made by [Op].
type Operation struct {
	Service string // signing name
	Name    string

	// Route is the method and the path of protocols that name operations so, such as
	// "GET /2013-04-01/hostedzone/{Id}"; Status is that of a reply, 0 means 200. See [Operation.At].
	Route  string
	Status int

	// Request and Reply are the types of the structs that the operation takes and gives,
	// for documentation and for judges that hold them against AWS's models.
	Request, Reply reflect.Type

	service Service
	// form is Request's, read when it is first asked for: many lists of operations are made for their names alone. It fails
	// where the struct has tags that can't be read.
	form   func() (form, error)
	handle func(c *Call, in reflect.Value) (any, error) // in points to a struct of Request's fields
}

// Op makes an operation of a service from a typed function.
func Op[In, Out any](service Service, name string, handle func(*Call, *In) (*Out, error)) Operation {
	return Operation{
		Service: service.Name,
		Name:    name,
		Request: reflect.TypeFor[In](),
		Reply:   reflect.TypeFor[Out](),
		service: service,
		form:    formOf(reflect.TypeFor[In]()),
		handle: func(c *Call, in reflect.Value) (any, error) {
			out, err := handle(c, in.Convert(reflect.TypeFor[*In]()).Interface().(*In)) //nolint:forcetypeassert // just converted
			if err != nil {
				return nil, err // not a typed nil
			}
			return out, nil
		},
	}
}

// At gives an operation its route, and the status of its replies where that isn't 200. A
// name in braces stands for a part of the path, one with a plus for all that is left of it;
// "?delete" and "?list-type=2" are parts of a route, too.
func (o Operation) At(route string, status ...int) Operation {
	o.Route = route
	if len(status) > 0 {
		o.Status = status[0]
	}
	return o
}

// Named gives a field of the request and one of the reply tags of the operation's own, so
// that operations which differ in these names alone share their structs.
func (o Operation) Named(parameter string, in reflect.StructTag, element string, out reflect.StructTag) Operation {
	o.Request, o.Reply = retagged(o.Request, parameter, in), retagged(o.Reply, element, out)
	o.form = formOf(o.Request)
	return o
}

func retagged(t reflect.Type, field string, tag reflect.StructTag) reflect.Type {
	fields := reflect.VisibleFields(t)
	fields = slices.DeleteFunc(fields, func(f reflect.StructField) bool { return len(f.Index) > 1 })
	for i := range fields {
		if fields[i].Name == field {
			fields[i].Tag = tag
		}
	}
	return reflect.StructOf(fields)
}

// run decodes the call's parameters and carries it out.
func (o *Operation) run(c *Call) (any, error) {
	in := reflect.New(o.Request)
	f, err := o.form()
	if err != nil {
		return nil, err
	}
	if err := f.decode(c, in.Elem()); err != nil {
		return nil, err
	}
	out, err := o.handle(c, in)
	if err != nil {
		return nil, err
	}
	return reflect.ValueOf(out).Convert(reflect.PointerTo(o.Reply)).Interface(), nil
}

// Location is where a parameter is, in protocols that have several places for them.
type Location struct {
	Name    string // the parameter's
	In, Key string // such as "header" and "x-amz-acl"
	Type    reflect.Type
}

// Located are the parameters of the request that have a tag rest.
func (o *Operation) Located() (list []Location) {
	f, _ := o.form() // Add has seen that it can be read
	for _, m := range f[o.Request] {
		field := o.Request.FieldByIndex(m.index)
		if in, key := Locate(field); in != "" {
			list = append(list, Location{m.name, in, key, field.Type})
		}
	}
	return list
}

// Locate reads the tag rest of a field: a place, and the name that the field has there.
func Locate(field reflect.StructField) (in, key string) {
	in, key, _ = strings.Cut(field.Tag.Get("rest"), " ")
	return in, key
}
