package wire_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Who asks to be told to go on hears it before the answer, whether there is a body or not, and the connection goes on.
func TestHandler_TellsToGoOn(t *testing.T) {
	server := httptest.NewServer(&wire.Handler{})
	defer server.Close()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	answers := bufio.NewReader(connection)
	for _, body := range []string{"", "Action=A&Version=1", "", ""} {
		if _, err := fmt.Fprintf(connection, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", len(body)); err != nil {
			t.Fatal(err)
		}
		for i, want := range []int{http.StatusContinue, 0} {
			response, err := http.ReadResponse(answers, &http.Request{Method: http.MethodPost})
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 && response.StatusCode != want || i == 1 && response.StatusCode < 200 {
				t.Fatalf("%q: answer %d is %s", body, i, response.Status)
			}
			if err := response.Body.Close(); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				if _, err := fmt.Fprint(connection, body); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
