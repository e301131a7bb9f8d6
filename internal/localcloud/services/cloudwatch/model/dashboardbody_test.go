package model_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

func TestCheckBody_NamesEachFaultWithItsPlace(t *testing.T) {
	metric := func(properties string) string {
		return `{"widgets":[{"type":"metric","properties":{"region":"eu-west-1",` + properties + `}}]}`
	}
	const shape = `Field "metrics" has to be an array of array of strings, with an optional metricRenderer object as last element`
	for name, test := range map[string]struct {
		body  string
		wants []string // "place: message"
	}{
		"nothing":                   {`{"widgets":[]}`, nil},
		"no widgets":                {`{}`, []string{": Should have required property 'widgets'"}},
		"a metric":                  {metric(`"metrics":[["AWS/EC2","CPUUtilization","InstanceId","i-1"]]`), nil},
		"short for the one before":  {metric(`"metrics":[["AWS/EC2","CPUUtilization","InstanceId","i-1"],[".",".",".","i-2"],["...","i-3"]]`), nil},
		"an expression":             {metric(`"metrics":[[{"expression":"SEARCH('x','Sum',60)","id":"e1","color":"#FF0000","yAxis":"right"}]],"period":60,"stat":"p95"`), nil},
		"no region":                 {`{"widgets":[{"type":"metric","properties":{"metrics":[]}}]}`, []string{"/widgets/0/properties: Should have required property 'region'"}},
		"no metrics":                {metric(`"title":"x"`), []string{"/widgets/0/properties: Should have required property 'metrics'"}},
		"a metric that is a text":   {metric(`"metrics":["AWS/EC2"]`), []string{"/widgets/0/properties/metrics/0: Should be array", "/widgets/0/properties/metrics/0: " + shape}},
		"a number in a metric":      {metric(`"metrics":[["AWS/EC2",5]]`), []string{`/widgets/0/properties/metrics/0: Invalid metric field type, only "String" type is allowed`}},
		"half a dimension":          {metric(`"metrics":[["AWS/EC2","CPUUtilization","InstanceId"]]`), []string{"/widgets/0/properties/metrics/0: " + shape}},
		"a metric and expression":   {metric(`"metrics":[["AWS/EC2","CPUUtilization",{"expression":"m1"}]]`), []string{"/widgets/0/properties/metrics/0: " + shape}},
		"a colour by name":          {metric(`"metrics":[["a","b",{"color":"red"}]]`), []string{`/widgets/0/properties/metrics/0/color: Should match pattern "^#[0-9A-Fa-f]{6}$"`}},
		"a period":                  {metric(`"metrics":[],"period":61`), []string{"/widgets/0/properties/period: Should be multiple of 60"}},
		"a view":                    {metric(`"metrics":[],"view":"cloud"`), []string{"/widgets/0/properties/view: Should be equal to one of the allowed values"}},
		"a kind of widget":          {`{"widgets":[{"type":"picture","properties":{}}]}`, []string{"/widgets/0/type: Should be equal to one of the allowed values"}},
		"a widget without a kind":   {`{"widgets":[{}]}`, []string{"/widgets/0: Should have required property 'type'", "/widgets/0: Should have required property 'properties'"}},
		"too wide":                  {`{"widgets":[{"type":"text","x":24,"y":0,"width":25,"height":0,"properties":{"markdown":"x"}}]}`, []string{"/widgets/0/x: Should be <= 23", "/widgets/0/width: Should be <= 24", "/widgets/0/height: Should be >= 1"}},
		"half a place":              {`{"widgets":[{"type":"text","x":1,"properties":{"markdown":"x"}}]}`, []string{"/widgets/0: Should have required property 'y'"}},
		"alarms":                    {`{"widgets":[{"type":"alarm","properties":{}}]}`, []string{"/widgets/0/properties: Should have required property 'alarms'"}},
		"vertical":                  {metric(`"metrics":[],"annotations":{"vertical":[{"value":"2026-03-01T12:00:00Z","label":"drill"},[{"value":"2026-03-01T12:00:00Z"},{"value":"2026-03-01T12:01:00.000Z"}]]}`), nil},
		"vertical without its time": {metric(`"metrics":[],"annotations":{"vertical":[{"label":"drill"},{"value":"yesterday"}]}`), []string{"/widgets/0/properties/annotations/vertical/0: Should have required property 'value'", `/widgets/0/properties/annotations/vertical/1/value: Should match format "date-time"`}},
		"horizontal":                {metric(`"metrics":[],"annotations":{"horizontal":[{"value":"1"}]}`), []string{"/widgets/0/properties/annotations/horizontal/0/value: Should be number"}},
		"more widgets than fit":     {`{"widgets":[` + strings.Repeat(`{"type":"text","properties":{"markdown":""}},`, 500) + `{"type":"text","properties":{"markdown":""}}]}`, []string{"/widgets: Should NOT have more than 500 items"}},
	} {
		t.Run(name, func(t *testing.T) {
			warnings, err := model.CheckBody(test.body)
			if len(warnings) > 0 {
				t.Errorf("it warns of %v", warnings)
			}
			if len(test.wants) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			text := refuse.Text(err)
			if !refuse.Is(err, "InvalidParameterInput") || !strings.HasPrefix(text, "The dashboard body is invalid, there are "+strconv.Itoa(len(test.wants))+" validation errors:\n[\n  {\n    \"dataPath\": ") {
				t.Fatalf("%v", err)
			}
			for _, want := range test.wants {
				path, message, _ := strings.Cut(want, ": ")
				if message = strings.ReplaceAll(message, `"`, `\"`); !strings.Contains(text, `"dataPath": "`+path+"\",\n    \"message\": \""+message+`"`) {
					t.Errorf("%s: isn't in %s", want, text)
				}
			}
		})
	}
}

func TestCheckBody_WarnsOfFieldsThatNobodyDraws(t *testing.T) {
	warnings, err := model.CheckBody(`{"widgets":[{"type":"text","properties":{"markdown":"x","colour":"red"}}],"owner":"me"}`)
	if err != nil || len(warnings) != 2 || warnings[0].Path != "" || warnings[1].Path != "/widgets/0/properties" {
		t.Errorf("%v, %v", warnings, err)
	}
	for _, body := range []string{"", "x", "[]", "null", `{"widgets":[]} x`} {
		if _, err := model.CheckBody(body); !refuse.Is(err, "InvalidParameterInput") || refuse.Text(err) != "The field DashboardBody must be a valid JSON object" {
			t.Errorf("%q: %v", body, err)
		}
	}
}
