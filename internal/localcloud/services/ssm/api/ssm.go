// Package api is the wire side of AWS Systems Manager as far as it has Run Command with
// shell scripts, the instances that it manages, and public parameters: which image is the
// newest. Nobody can store parameters here. The rules are in package model; carrying
// scripts out is the local cloud's.
package api

import (
	"encoding/base64"
	"slices"
	"strconv"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/awsjson"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// wireService is the service as the wire knows it.
func wireService() wire.Service {
	return wire.Service{Name: "ssm", Protocols: []wire.Protocol{awsjson.Protocol{Version: "1.1"}}}
}

// Operations is the table of the service's operations over a world.
func Operations(w *world.World) []wire.Operation {
	s := &service{w}
	return slices.Concat(parameterOperations(), s.commandOperations(), s.invocationOperations(), s.instanceInformationOperations())
}

type service struct{ world *world.World }

// change makes an operation whose handler changes the world.
func change[In, Out any](s *service, name string, handle func(tx *world.Tx, c *wire.Call, in *In) (*Out, error)) wire.Operation {
	return wire.Op(wireService(), name, func(c *wire.Call, in *In) (out *Out, err error) {
		err = s.world.Front("ssm:"+name).Update(c.Region, func(tx *world.Tx) error {
			out, err = handle(tx, c, in)
			return err
		})
		return out, err
	})
}

// view makes an operation whose handler reads the world.
func view[In, Out any](s *service, name string, handle func(tx *world.Tx, c *wire.Call, in *In) (*Out, error)) wire.Operation {
	return wire.Op(wireService(), name, func(c *wire.Call, in *In) (out *Out, err error) {
		err = s.world.Front("ssm:"+name).View(c.Region, func(tx *world.Tx) error {
			out, err = handle(tx, c, in)
			return err
		})
		return out, err
	})
}

// seconds is a time as awsjson writes it: seconds since 1970.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// pageOf cuts a page out of a list and returns the token of the next; a token is the
// position where it begins.
func pageOf[T any](list []T, token string, size *int, usual int) (page []T, next string, err error) {
	from := 0
	if token != "" {
		text, err := base64.StdEncoding.DecodeString(token)
		if err == nil {
			from, err = strconv.Atoi(string(text))
		}
		if err != nil || from < 0 {
			return nil, "", refuse.New("InvalidNextToken", "The specified token isn't valid.")
		}
	}
	if size != nil {
		usual = *size
	}
	from = min(from, len(list))
	page = list[from:min(from+usual, len(list))]
	if from+usual < len(list) {
		next = base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(from + usual)))
	}
	return page, next, nil
}
