// Package api is the wire side of AWS Certificate Manager: for each operation the request and reply as AWS shapes them,
// and a thin handler. The rules are in package model.
package api

import (
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/awsjson"
)

// maxBody bounds a request, in bytes: a chain of certificates of 2 MiB in base64.
const maxBody = 4 << 20

// Wire is the service as the wire knows it.
func Wire() wire.Service {
	return wire.Service{Name: "acm", Protocols: []wire.Protocol{awsjson.Protocol{Version: "1.1"}}, MaxBody: maxBody}
}

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	h := &handlers{e}
	return slices.Concat(h.requestOperations(), h.certificateOperations(), h.listOperations(), h.importOperations(), h.tagOperations())
}

type handlers struct{ service.Env }

// change makes an operation whose handler changes the world.
func change[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.Change(h.World, Wire(), name, handle)
}

// view makes an operation whose handler reads the world.
func view[In, Out any](h *handlers, name string, handle service.Handler[In, Out]) wire.Operation {
	return service.View(h.World, Wire(), name, handle)
}

// certificateARN is the parameter that most operations have.
type certificateARN struct {
	CertificateARN string `query:"CertificateArn,required" min:"20" max:"2048" pattern:"arn:[\\w+=/,.@-]+:acm:[\\w+=/,.@-]*:[0-9]+:[\\w+=,.@-]+(/[\\w+=,.@-]+)*"`
}

type arnOutput struct {
	CertificateARN string `json:"CertificateArn"`
}

// at is a time in a reply, left out where there is none.
func at(t time.Time) *wire.Time {
	if t.IsZero() {
		return nil
	}
	return new(wire.Time(t))
}

// shownAlgorithm writes the name of a key's algorithm as replies have it.
// Source: recorded replies of AWS.
func shownAlgorithm(name string) string { return strings.Replace(name, "_", "-", 1) }
