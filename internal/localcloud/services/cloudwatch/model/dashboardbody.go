package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// BodyMessage says what is wrong with a place in a dashboard's body.
type BodyMessage struct {
	Path    string `json:"dataPath"` // such as "/widgets/0/properties/region"
	Message string `json:"message"`
}

// What a body may hold. Source: CloudWatch API Reference, "Dashboard Body Structure and Syntax".
const (
	mostWidgets       = 500
	mostMetrics       = 500
	mostColumns       = 24
	mostRows          = 1000
	mostWidgetAlarms  = 100
	mostVariables     = 25
	mostMetricStrings = 2 + 2*30 // namespace, name, and dimensions
)

// CheckBody refuses bodies of dashboards that AWS refuses: with a message for each fault. What is only not drawn comes
// back as warnings.
// Source: CloudWatch API Reference, "Dashboard Body Structure and Syntax"; the messages as public logs have them.
func CheckBody(body string) (warnings []BodyMessage, err error) {
	var document map[string]any
	if json.Unmarshal([]byte(body), &document) != nil || document == nil {
		return nil, refuse.New("InvalidParameterInput", "The field DashboardBody must be a valid JSON object")
	}
	c := &bodyCheck{}
	c.body(document)
	if len(c.faults) == 0 {
		return c.warnings, nil
	}
	var list strings.Builder
	e := json.NewEncoder(&list)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(c.faults); err != nil {
		return nil, fmt.Errorf("cloudwatch: write what is wrong with a dashboard: %w", err) // of texts alone
	}
	return nil, refuse.New("InvalidParameterInput", "The dashboard body is invalid, there are %d validation errors:\n%s", len(c.faults), strings.TrimSpace(list.String()))
}

// bodyCheck collects what is wrong with a body.
type bodyCheck struct{ faults, warnings []BodyMessage }

func (c *bodyCheck) fault(path, format string, args ...any) {
	c.faults = append(c.faults, BodyMessage{path, fmt.Sprintf(format, args...)})
}

type fields map[string]any

// object is the value of a field that is to be an object; nil, and a fault, where it is something else.
func (c *bodyCheck) object(path string, value any) fields {
	o, is := value.(map[string]any)
	if !is {
		c.fault(path, "Should be object")
	}
	return o
}

// list is the value of a field that is to be a list; a missing one is empty.
func (c *bodyCheck) list(path string, of fields, name string, most int) []any {
	value, given := of[name]
	if !given {
		return nil
	}
	l, is := value.([]any)
	switch {
	case !is:
		c.fault(path+"/"+name, "Should be array")
	case len(l) > most:
		c.fault(path+"/"+name, "Should NOT have more than %d items", most)
	}
	return l
}

func (c *bodyCheck) needs(path string, o fields, names ...string) {
	for _, name := range names {
		if _, given := o[name]; !given {
			c.fault(path, "Should have required property '%s'", name)
		}
	}
}

// knows warns of fields that nobody draws.
func (c *bodyCheck) knows(path string, o fields, names ...string) {
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(names, name) {
			c.warnings = append(c.warnings, BodyMessage{path, "Should NOT have additional properties: '" + name + "'"})
		}
	}
}

// text checks a field that is to be a text, one of some where they are named.
func (c *bodyCheck) text(path string, o fields, name string, of ...string) {
	value, given := o[name]
	if !given {
		return
	}
	text, is := value.(string)
	switch {
	case !is:
		c.fault(path+"/"+name, "Should be string")
	case len(of) > 0 && !slices.Contains(of, text):
		c.fault(path+"/"+name, "Should be equal to one of the allowed values")
	}
}

func (c *bodyCheck) boolean(path string, o fields, names ...string) {
	for _, name := range names {
		if value, given := o[name]; given {
			if _, is := value.(bool); !is {
				c.fault(path+"/"+name, "Should be boolean")
			}
		}
	}
}

// integer checks a field that is to be a whole number between two.
func (c *bodyCheck) integer(path string, o fields, name string, least, most float64) {
	value, given := o[name]
	if !given {
		return
	}
	n, is := value.(float64)
	switch {
	case !is || n != float64(int64(n)):
		c.fault(path+"/"+name, "Should be integer")
	case n < least:
		c.fault(path+"/"+name, "Should be >= %v", least)
	case n > most:
		c.fault(path+"/"+name, "Should be <= %v", most)
	}
}

func (c *bodyCheck) body(o fields) {
	c.needs("", o, "widgets")
	c.knows("", o, "start", "end", "periodOverride", "widgets", "variables")
	c.text("", o, "start")
	c.text("", o, "end")
	c.text("", o, "periodOverride", "auto", "inherit")
	c.list("", o, "variables", mostVariables)
	for i, w := range c.list("", o, "widgets", mostWidgets) {
		path := "/widgets/" + strconv.Itoa(i)
		if widget := c.object(path, w); widget != nil {
			c.widget(path, widget)
		}
	}
}

func (c *bodyCheck) widget(path string, o fields) {
	c.needs(path, o, "type", "properties")
	c.knows(path, o, "type", "x", "y", "width", "height", "properties")
	c.text(path, o, "type", "metric", "text", "log", "alarm", "explorer", "chart", "custom")
	c.integer(path, o, "x", 0, mostColumns-1)
	c.integer(path, o, "y", 0, 1<<31)
	c.integer(path, o, "width", 1, mostColumns)
	c.integer(path, o, "height", 1, mostRows)
	_, x := o["x"]
	_, y := o["y"]
	if x != y {
		c.fault(path, "Should have required property '%s'", map[bool]string{true: "y", false: "x"}[x])
	}
	if o["properties"] == nil {
		return
	}
	path += "/properties"
	p := c.object(path, o["properties"])
	if p == nil {
		return
	}
	switch o["type"] {
	case "metric":
		c.metricWidget(path, p)
	case "text":
		c.needs(path, p, "markdown")
		c.knows(path, p, "markdown", "background")
		c.text(path, p, "markdown")
		c.text(path, p, "background", "solid", "transparent")
	case "log":
		c.needs(path, p, "region", "query")
	case "alarm":
		c.needs(path, p, "alarms")
		c.knows(path, p, "alarms", "sortBy", "states", "title")
		c.list(path, p, "alarms", mostWidgetAlarms)
	}
}

func (c *bodyCheck) metricWidget(path string, p fields) {
	c.needs(path, p, "region")
	if p["metrics"] == nil && p["annotations"] == nil {
		c.fault(path, "Should have required property 'metrics'")
	}
	c.knows(path, p, "accountId", "annotations", "end", "labels", "legend", "liveData", "metrics", "period", "region", "setPeriodToTimeRange", "singleValueFullPrecision",
		"sparkline", "stacked", "start", "stat", "table", "timezone", "title", "trend", "view", "yAxis")
	for _, name := range []string{"region", "stat", "title", "timezone", "accountId"} {
		c.text(path, p, name)
	}
	c.text(path, p, "view", "timeSeries", "singleValue", "gauge", "bar", "pie", "table")
	c.boolean(path, p, "stacked", "liveData", "setPeriodToTimeRange", "sparkline", "trend", "singleValueFullPrecision")
	c.period(path, p)
	if legend, given := p["legend"]; given {
		if o := c.object(path+"/legend", legend); o != nil {
			c.text(path+"/legend", o, "position", "right", "bottom", "hidden")
		}
	}
	if axes, given := p["yAxis"]; given {
		if o := c.object(path+"/yAxis", axes); o != nil {
			c.knows(path+"/yAxis", o, "left", "right")
		}
	}
	for i, m := range c.list(path, p, "metrics", mostMetrics) {
		c.metric(path+"/metrics/"+strconv.Itoa(i), m)
	}
	if annotations, given := p["annotations"]; given {
		if o := c.object(path+"/annotations", annotations); o != nil {
			c.annotations(path+"/annotations", o)
		}
	}
}

func (c *bodyCheck) period(path string, o fields) {
	value, given := o["period"]
	n, is := value.(float64)
	switch {
	case !given:
	case !is:
		c.fault(path+"/period", "Should be integer")
	case n != 1 && n != 5 && n != 10 && n != 30 && (n < 60 || float64(int(n)/60*60) != n):
		c.fault(path+"/period", "Should be multiple of 60")
	}
}

// metric checks an element of a widget's metrics: texts, and as the last how it is drawn.
func (c *bodyCheck) metric(path string, value any) {
	const shape = `Field "metrics" has to be an array of array of strings, with an optional metricRenderer object as last element`
	list, is := value.([]any)
	if !is {
		c.fault(path, "Should be array")
		c.fault(path, shape)
		return
	}
	texts, renderer := list, fields(nil)
	if n := len(list); n > 0 {
		if o, is := list[n-1].(map[string]any); is {
			texts, renderer = list[:n-1], o
		}
	}
	for _, t := range texts {
		if _, is := t.(string); !is {
			c.fault(path, `Invalid metric field type, only "String" type is allowed`)
			return
		}
	}
	expression, same := renderer["expression"] != nil, len(texts) > 0 && texts[0] == "..." // as many as in the metric before
	switch {
	case same:
	case len(texts) == 0 && !expression || len(texts) == 1 || len(texts)%2 != 0 || len(texts) > 0 && expression:
		c.fault(path, shape)
	case len(texts) > mostMetricStrings:
		c.fault(path, "Should NOT have more than %d items", mostMetricStrings)
	}
	c.knows(path, renderer, "accountId", "color", "expression", "id", "label", "period", "region", "stat", "visible", "yAxis")
	for _, name := range []string{"accountId", "expression", "id", "label", "region", "stat"} {
		c.text(path, renderer, name)
	}
	c.color(path, renderer)
	c.boolean(path, renderer, "visible")
	c.text(path, renderer, "yAxis", "left", "right")
	c.period(path, renderer)
}

// color checks a colour: six hexadecimal digits after "#".
func (c *bodyCheck) color(path string, o fields) {
	text, is := o["color"].(string)
	if _, err := strconv.ParseUint(strings.TrimPrefix(text, "#"), 16, 32); is && (len(text) != len("#rrggbb") || text[0] != '#' || err != nil) {
		c.fault(path+"/color", "Should match pattern \"^#[0-9A-Fa-f]{6}$\"")
	}
}

func (c *bodyCheck) annotations(path string, o fields) {
	c.knows(path, o, "alarms", "horizontal", "vertical")
	c.list(path, o, "alarms", 1)
	each := func(kind string, check func(path string, o fields)) {
		for i, value := range c.list(path, o, kind, mostMetrics) {
			place := path + "/" + kind + "/" + strconv.Itoa(i)
			pair, is := value.([]any) // a band
			if !is {
				pair = []any{value}
			}
			for _, one := range pair {
				if a := c.object(place, one); a != nil {
					c.needs(place, a, "value")
					c.text(place, a, "label")
					c.color(place, a)
					check(place, a)
				}
			}
		}
	}
	each("horizontal", func(path string, a fields) {
		if _, is := a["value"].(float64); !is && a["value"] != nil {
			c.fault(path+"/value", "Should be number")
		}
		c.text(path, a, "fill", "none", "above", "below", "between")
	})
	each("vertical", func(path string, a fields) {
		text, _ := a["value"].(string)
		if _, err := time.Parse(time.RFC3339Nano, text); err != nil && a["value"] != nil {
			c.fault(path+"/value", "Should match format \"date-time\"")
		}
		c.text(path, a, "fill", "none", "before", "after", "between")
	})
}
