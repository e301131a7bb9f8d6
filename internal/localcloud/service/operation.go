package service

import (
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Handler carries an operation out on the region of its call.
type Handler[In, Out any] func(tx *world.Tx, c *wire.Call, in *In) (*Out, error)

// Does makes a handler of what gives no reply but that it was done.
func Does[In, Out any](reply Out, do func(tx *world.Tx, in *In) error) Handler[In, Out] {
	return func(tx *world.Tx, _ *wire.Call, in *In) (*Out, error) { return &reply, do(tx, in) }
}

// Change makes an operation of a service whose handler changes the world. What is to be
// done before is given the call's region.
func Change[In, Out any](w *world.World, s wire.Service, name string, handle Handler[In, Out], before ...func(region string) error) wire.Operation {
	return operation(s, name, handle, before, func(region string, call func(*world.Tx) error) error {
		return w.Front(s.Name+":"+name).Update(region, call)
	})
}

// View makes an operation of a service whose handler reads the world.
func View[In, Out any](w *world.World, s wire.Service, name string, handle Handler[In, Out], before ...func(region string) error) wire.Operation {
	return operation(s, name, handle, before, func(region string, call func(*world.Tx) error) error {
		return w.Front(s.Name+":"+name).View(region, call)
	})
}

func operation[In, Out any](s wire.Service, name string, handle Handler[In, Out], before []func(region string) error, in func(region string, call func(*world.Tx) error) error) wire.Operation {
	return wire.Op(s, name, func(c *wire.Call, input *In) (out *Out, err error) {
		for _, do := range before {
			if err := do(c.Region); err != nil {
				return nil, err
			}
		}
		err = in(c.Region, func(tx *world.Tx) error {
			out, err = handle(tx, c, input)
			return err
		})
		return out, err
	})
}
