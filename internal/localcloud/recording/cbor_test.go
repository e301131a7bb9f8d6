package recording_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/platformctl/platformctl/internal/localcloud/recording"
)

func TestRecorder_WritesCBORAsJSON_AlsoWhereItIsPacked(t *testing.T) {
	dir := t.TempDir()
	recorder, err := recording.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	body, err := cbor.Marshal(map[string]any{"Namespace": "shop", "MetricData": []any{map[string]any{"Value": 1.5}}})
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := writer.Write(body); err != nil || writer.Close() != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/service/GraniteServiceVersion20100801/operation/PutMetricData", &packed)
	for name, value := range map[string]string{"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor", "Content-Encoding": "gzip",
		"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/monitoring/aws4_request, SignedHeaders=host"} {
		request.Header.Set(name, value)
	}
	answer := httptest.NewRecorder()
	recorder.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/cbor")
		_, _ = w.Write([]byte{0xA0}) // an empty map
	})).ServeHTTP(answer, request)
	if err := recorder.Close(); err != nil {
		t.Fatal(err)
	}
	if got := answer.Body.String(); got != "\xA0" {
		t.Errorf("the client got %q", got)
	}
	read, err := recording.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, all := range read {
		if len(all) != 1 || all[0].Operation != "PutMetricData" || all[0].Service != "monitoring" || all[0].Request != `{"MetricData":[{"Value":1.5}],"Namespace":"shop"}` || strings.TrimSpace(all[0].Reply) != "{}" {
			t.Errorf("%+v", all)
		}
	}
	if len(read) != 1 {
		t.Errorf("%d programs", len(read))
	}
}
