// Package api is the wire side of CloudWatch: for each operation the request and reply as AWS shapes them, and a thin
// handler. The rules about alarms are in package model, the metrics in package metrics.
package api

import (
	"cmp"
	"encoding/xml"
	"maps"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/awsjson"
	"github.com/platformctl/platformctl/internal/localcloud/wire/query"
	"github.com/platformctl/platformctl/internal/localcloud/wire/rpccbor"
)

// Wire is the service as the wire knows it. It speaks all three protocols of its model.
func Wire() wire.Service {
	return wire.Service{Name: "monitoring", Protocols: []wire.Protocol{
		rpccbor.Protocol{Service: "GraniteServiceVersion20100801", QueryCompatible: true, Shapes: map[string]string{
			"ValidationError": "ValidationException", "LimitExceeded": "LimitExceededFault", "MissingParameter": "MissingRequiredParameterException",
			"InvalidParameterValue": "InvalidParameterValueException", "InvalidParameterCombination": "InvalidParameterCombinationException",
			"GetDashboard ResourceNotFound": "DashboardNotFoundError", "DeleteDashboards ResourceNotFound": "DashboardNotFoundError",
			"InvalidFormat": "InvalidFormatFault", "InvalidParameterInput": "DashboardInvalidInputError", "InternalServiceError": "InternalServiceFault",
		}},
		awsjson.Protocol{Version: "1.0"},
		query.Protocol{Namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/"},
	}}
}

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	h := &handlers{e}
	return slices.Concat(h.dataOperations(), h.statisticsOperations(), h.alarmOperations(), h.describeOperations(), h.historyOperations(), h.dashboardOperations(), h.tagOperations())
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

type dimension struct {
	Name  string `query:"Name,required" min:"1" max:"255"`
	Value string `query:"Value,required" min:"1" max:"1024"`
}

func dimensionsOf(list []dimension) (out []metrics.Dimension) {
	for _, d := range list {
		out = append(out, metrics.Dimension(d))
	}
	return out
}

type shownDimension struct{ Name, Value string }

func shown(list []metrics.Dimension) wire.Members[shownDimension] {
	out := wire.Members[shownDimension]{}
	for _, d := range list {
		out = append(out, shownDimension(d))
	}
	return out
}

// numbers is a map of numbers in a reply.
type numbers map[string]float64

// MarshalXML implements xml.Marshaler.
func (n numbers) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(n)) {
		entry := struct {
			Key   string  `xml:"key"`
			Value float64 `xml:"value"`
		}{key, n[key]}
		if err := e.EncodeElement(entry, xml.StartElement{Name: xml.Name{Local: "entry"}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

// unitOf is the unit of what was given without one.
func unitOf(unit string) string { return cmp.Or(unit, "None") }

// at is a time in a reply.
func at(t time.Time) *wire.Time { return new(wire.Time(t)) }
