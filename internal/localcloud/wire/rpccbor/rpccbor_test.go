package rpccbor_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/fxamacker/cbor/v2"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/awsjson"
	"github.com/platformctl/platformctl/internal/localcloud/wire/query"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/wire/rpccbor"
	"github.com/platformctl/platformctl/internal/testenv"
)

// monitoring speaks all three protocols of CloudWatch's model.
func monitoring() wire.Service {
	return wire.Service{Name: "monitoring", Protocols: []wire.Protocol{
		rpccbor.Protocol{Service: "GraniteServiceVersion20100801", QueryCompatible: true,
			Shapes: map[string]string{"LimitExceeded": "LimitExceededFault", "MissingParameter": "MissingRequiredParameterException"}},
		awsjson.Protocol{Version: "1.0"},
		query.Protocol{Namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/"},
	}}
}

type dimension struct {
	Name  string `query:"Name,required" min:"1" max:"255"`
	Value string `query:"Value,required" min:"1" max:"1024"`
}

type putMetricAlarmInput struct {
	AlarmName          string      `query:"AlarmName,required" min:"1" max:"255"`
	AlarmActions       []string    `query:"AlarmActions" max:"5" eachmax:"1024"`
	Dimensions         []dimension `query:"Dimensions" max:"30"`
	ComparisonOperator string      `query:"ComparisonOperator,required" enum:"GreaterThanThreshold|LessThanThreshold"`
	EvaluationPeriods  int         `query:"EvaluationPeriods,required" min:"1"`
	Threshold          *float64    `query:"Threshold"`
	ActionsEnabled     *bool       `query:"ActionsEnabled"`
}

type alarm struct {
	AlarmName    string
	AlarmActions wire.Members[string]
	Threshold    float64
	Enabled      bool `json:"ActionsEnabled" xml:"ActionsEnabled"`
	Dimensions   wire.Members[dimension]
	Updated      *wire.Time `json:"AlarmConfigurationUpdatedTimestamp,omitempty" xml:"AlarmConfigurationUpdatedTimestamp"`
}

type describeAlarmsInput struct {
	AlarmNames []string `query:"AlarmNames" max:"100" eachmin:"1"`
}

type describeAlarmsOutput struct{ MetricAlarms wire.Members[alarm] }

type getMetricDataInput struct {
	StartTime time.Time `query:"StartTime,required"`
	EndTime   time.Time `query:"EndTime,required"`
	Queries   []struct {
		ID string `query:"Id,required"`
	} `query:"MetricDataQueries,required"`
}

type metricData struct {
	ID         string `json:"Id" xml:"Id"`
	Timestamps wire.Members[wire.Time]
	Values     wire.Members[float64]
}

type getMetricDataOutput struct{ MetricDataResults wire.Members[metricData] }

func serve(t *testing.T) *httptest.Server {
	t.Helper()
	var alarms wire.Members[alarm]
	now := wire.Time(time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC))
	h := &wire.Handler{}
	if err := h.Add(
		wire.Op(monitoring(), "PutMetricAlarm", func(_ *wire.Call, in *putMetricAlarmInput) (*wire.Empty, error) {
			if in.AlarmName == "one too many" {
				return nil, refuse.New("LimitExceeded", "The quota is reached.")
			}
			alarms = append(alarms, alarm{in.AlarmName, in.AlarmActions, aws.ToFloat64(in.Threshold), aws.ToBool(in.ActionsEnabled), in.Dimensions, &now})
			return &wire.Empty{}, nil
		}),
		wire.Op(monitoring(), "DescribeAlarms", func(*wire.Call, *describeAlarmsInput) (*describeAlarmsOutput, error) {
			return &describeAlarmsOutput{alarms}, nil
		}),
		wire.Op(monitoring(), "GetMetricData", func(_ *wire.Call, in *getMetricDataInput) (*getMetricDataOutput, error) {
			out := &getMetricDataOutput{}
			for _, q := range in.Queries {
				out.MetricDataResults = append(out.MetricDataResults, metricData{q.ID, wire.Members[wire.Time]{wire.Time(in.StartTime), wire.Time(in.EndTime)}, wire.Members[float64]{0.1, -3e20}})
			}
			return out, nil
		}),
	); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

func client(t *testing.T) *cloudwatch.Client {
	t.Helper()
	return cloudwatch.New(cloudwatch.Options{BaseEndpoint: aws.String(serve(t).URL), Region: "eu-west-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""), RetryMaxAttempts: 1})
}

func put(change func(*cloudwatch.PutMetricAlarmInput)) *cloudwatch.PutMetricAlarmInput {
	in := &cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("cpu"), ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold,
		EvaluationPeriods: aws.Int32(3), Threshold: aws.Float64(80.25), ActionsEnabled: aws.Bool(true), AlarmActions: []string{"arn:a", "arn:b"},
		Dimensions: []types.Dimension{{Name: aws.String("Host"), Value: aws.String("é")}}}
	change(in)
	return in
}

func TestCloudWatch_RoundTrips(t *testing.T) {
	c := client(t)
	if _, err := c.PutMetricAlarm(t.Context(), put(func(*cloudwatch.PutMetricAlarmInput) {})); err != nil {
		t.Fatal(err)
	}
	out, err := c.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"cpu"}})
	if err != nil || len(out.MetricAlarms) != 1 {
		t.Fatal(out, err)
	}
	a := out.MetricAlarms[0]
	got := []any{*a.AlarmName, a.AlarmActions, *a.Threshold, *a.ActionsEnabled, *a.Dimensions[0].Value, a.AlarmConfigurationUpdatedTimestamp.UTC().Format(time.RFC3339Nano)}
	if diff := testenv.Diff([]any{"cpu", []string{"arn:a", "arn:b"}, 80.25, true, "é", "2026-01-02T03:04:05.678Z"}, got); diff != "" {
		t.Error(diff)
	}
	start, end := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2026, 1, 2, 4, 4, 5, 250e6, time.UTC)
	data, err := c.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{StartTime: &start, EndTime: &end, MetricDataQueries: []types.MetricDataQuery{{Id: aws.String("q")}}})
	if err != nil || len(data.MetricDataResults) != 1 {
		t.Fatal(data, err)
	}
	r := data.MetricDataResults[0]
	if diff := testenv.Diff([]any{"q", []float64{0.1, -3e20}, start, end}, []any{*r.Id, r.Values, r.Timestamps[0].UTC(), r.Timestamps[1].UTC()}); diff != "" {
		t.Error(diff)
	}
}

func TestCloudWatch_Refuses(t *testing.T) {
	c := client(t)
	alarm := func(change func(*cloudwatch.PutMetricAlarmInput)) error {
		_, err := c.PutMetricAlarm(t.Context(), put(change))
		return err
	}
	var limit *types.LimitExceededFault
	err := alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmName = aws.String("one too many") })
	if !errors.As(err, &limit) || limit.ErrorCode() != "LimitExceeded" || limit.ErrorMessage() != "The quota is reached." {
		t.Errorf("%v", err)
	}
	_, unknown := c.ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{})
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"operation": {unknown, "NotSimulated: platformctl local cloud: operation ListMetrics is not simulated"},
		"member": {alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.Unit = "Count" }),
			"NotSimulated: platformctl local cloud: parameter Unit of PutMetricAlarm is not simulated"},
		"number": {alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.EvaluationPeriods = aws.Int32(0) }),
			"ValidationError: 1 validation error detected: Value '0' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		"inside": {alarm(func(in *cloudwatch.PutMetricAlarmInput) { in.Dimensions[0].Value = aws.String("") }),
			"ValidationError: 1 validation error detected: Value '' at 'dimensions.1.member.value' failed to satisfy constraint: Member must have length greater than or equal to 1"},
	} {
		var refusal smithy.APIError
		if !errors.As(test.err, &refusal) {
			t.Errorf("%s: no refusal: %v", name, test.err)
			continue
		}
		if diff := testenv.Diff(test.want, refusal.ErrorCode()+": "+refusal.ErrorMessage()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// send sends a request as it is.
func send(t *testing.T, h http.Handler, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/monitoring/aws4_request, SignedHeaders=host, Signature=x")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	reply := httptest.NewRecorder()
	h.ServeHTTP(reply, r)
	return reply
}

const path = "/service/GraniteServiceVersion20100801/operation/"

func TestRead_BoundsWhatComesIn(t *testing.T) {
	h := serve(t).Config.Handler
	document := func(value any) string {
		b, err := cbor.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for name, test := range map[string]struct {
		path, body, want string
	}{
		"empty":       {path + "DescribeAlarms", "", "MetricAlarms"},
		"deep":        {path + "DescribeAlarms", strings.Repeat("\x81", 100), "SerializationException"},
		"cut off":     {path + "DescribeAlarms", "\xbf", "SerializationException"},
		"no map":      {path + "DescribeAlarms", "\x01", "SerializationException"},
		"twice":       {path + "DescribeAlarms", "\xa2\x61a\x01\x61a\x02", "SerializationException"},
		"huge":        {path + "DescribeAlarms", "\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", "SerializationException"},
		"large":       {path + "DescribeAlarms", strings.Repeat("x", 5<<20), "RequestEntityTooLarge"},
		"many":        {path + "DescribeAlarms", "\xa1\x61a\x99\x27\x11" + strings.Repeat("\x01", 10_001), "SerializationException"},
		"many in all": {path + "DescribeAlarms", "\xa1\x61a\x83" + strings.Repeat("\x99\x13\x88"+strings.Repeat("\x01", 5000), 3), "more than 10000 values"},
		"no list":     {path + "DescribeAlarms", document(map[string]any{"AlarmNames": "cpu"}), "Expecting a list"},
		"null":        {path + "DescribeAlarms", document(map[string]any{"AlarmNames": nil}), "Expecting a list"},
		"no time":     {path + "GetMetricData", document(map[string]any{"StartTime": "soon"}), "Not a valid timestamp"},
		"no route":    {"/service/Other/operation/DescribeAlarms", "", "UnknownOperationException"},
	} {
		reply := send(t, h, test.path, test.body, "Smithy-Protocol", "rpc-v2-cbor")
		if !strings.Contains(reply.Body.String(), test.want) || reply.Header().Get("Smithy-Protocol") != "rpc-v2-cbor" {
			t.Errorf("%s: %d %q", name, reply.Code, reply.Body)
		}
	}
}

// A refusal has the query protocol's code in a header, since its shape has another name.
func TestRefusal_NamesTheQueryCode(t *testing.T) {
	body, err := cbor.Marshal(map[string]any{"AlarmName": "one too many", "ComparisonOperator": "LessThanThreshold", "EvaluationPeriods": 1})
	if err != nil {
		t.Fatal(err)
	}
	reply := send(t, serve(t).Config.Handler, path+"PutMetricAlarm", string(body), "Smithy-Protocol", "rpc-v2-cbor")
	var got map[string]string
	if err := cbor.Unmarshal(reply.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff(map[string]string{"__type": "LimitExceededFault", "message": "The quota is reached."}, got); diff != "" {
		t.Error(diff)
	}
	if got := reply.Header().Get("X-Amzn-Query-Error"); got != "LimitExceeded;Sender" || reply.Code != http.StatusBadRequest {
		t.Errorf("%q, HTTP %d", got, reply.Code)
	}
}

// One declaration serves all protocols of a service.
func TestService_SpeaksEachOfItsProtocols(t *testing.T) {
	h := serve(t).Config.Handler
	form := url.Values{"Action": {"PutMetricAlarm"}, "AlarmName": {"cpu"}, "ComparisonOperator": {"LessThanThreshold"}, "EvaluationPeriods": {"1"}, "Threshold": {"1.5"},
		"Dimensions.member.1.Name": {"a"}, "Dimensions.member.1.Value": {"b"}}
	const urlEncoded = "application/x-www-form-urlencoded"
	if reply := send(t, h, "/", form.Encode(), "Content-Type", urlEncoded); reply.Code != http.StatusOK {
		t.Fatal(reply.Body)
	}
	for name, test := range map[string]struct{ body, header, value, want string }{
		"query": {"Action=DescribeAlarms", "Content-Type", urlEncoded, "<DescribeAlarmsResult><MetricAlarms><member><AlarmName>cpu</AlarmName><AlarmActions></AlarmActions><Threshold>1.5</Threshold>" +
			"<ActionsEnabled>false</ActionsEnabled><Dimensions><member><Name>a</Name><Value>b</Value></member></Dimensions><AlarmConfigurationUpdatedTimestamp>2026-01-02T03:04:05.678Z<"},
		"JSON": {"{}", "X-Amz-Target", "GraniteServiceVersion20100801.DescribeAlarms", `"Threshold":1.5,"ActionsEnabled":false,"Dimensions":[{"Name":"a","Value":"b"}],"AlarmConfigurationUpdatedTimestamp":1767323045.678}`},
		"JSON's time": {`{"StartTime": 1.5, "EndTime": 2, "MetricDataQueries": [{"Id": "q"}]}`, "X-Amz-Target", "GraniteServiceVersion20100801.GetMetricData",
			`{"MetricDataResults":[{"Id":"q","Timestamps":[1.5,2],"Values":[0.1,-300000000000000000000]}]}`},
	} {
		if reply := send(t, h, "/", test.body, test.header, test.value); !strings.Contains(reply.Body.String(), test.want) {
			t.Errorf("%s: %s", name, reply.Body)
		}
	}
}

// FuzzRead sends anything. There is no panic, and what is accepted is a map in which
// nothing is but what the operation lists.
func FuzzRead(f *testing.F) {
	for _, value := range []any{
		map[string]any{"AlarmNames": []string{"a"}}, map[string]any{"AlarmNames": nil, "More": nil}, map[string]any{"AlarmNames": []any{1, 2.5, true, nil, []byte("x"), time.Unix(1, 0)}},
		map[string]any{"AlarmNames": map[string]any{"1": "a"}}, map[any]any{1: 2}, []any{}, "x", cbor.Tag{Number: 1, Content: 1e300}, map[string]any{"AlarmNames": []any{cbor.Tag{Number: 2, Content: []byte{1}}}},
	} {
		body, err := cbor.Marshal(value)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte("\xbf\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		h := &wire.Handler{}
		if err := h.Add(wire.Op(monitoring(), "DescribeAlarms", func(*wire.Call, *describeAlarmsInput) (*wire.Empty, error) { return &wire.Empty{}, nil })); err != nil {
			t.Fatal(err)
		}
		reply := send(t, h, path+"DescribeAlarms", string(body), "Smithy-Protocol", "rpc-v2-cbor")
		switch {
		case reply.Code >= http.StatusInternalServerError && reply.Code != http.StatusNotImplemented:
			t.Errorf("HTTP %d: %s", reply.Code, reply.Body)
		case reply.Code != http.StatusOK || len(bytes.TrimSpace(body)) == 0:
			return
		}
		var document map[string]any
		if err := cbor.Unmarshal(body, &document); err != nil {
			t.Fatalf("accepted %x: %v", body, err)
		}
		for name, value := range document {
			if _, list := value.([]any); value != nil && (name != "AlarmNames" || !list) {
				t.Errorf("accepted %q: %v", name, value)
			}
		}
	})
}
