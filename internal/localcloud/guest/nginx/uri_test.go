package nginx

import (
	"errors"
	"strings"
	"testing"
)

func TestWrite_RefusesURIsThatClimb(t *testing.T) {
	for _, directive := range []string{
		`try_files /none /.;`, `try_files /./x =404;`, `try_files "$uri.$uri." =404;`, `try_files "${uri}./x" =404;`, `try_files /.$uri =404;`,
		`try_files "$uri.?x" =404;`, `try_files $uri/../x =404;`, `try_files /none $uri;`, `try_files /none /x$document_uri;`,
		`try_files .bak/x =404;`, `try_files /none "";`, `try_files /none ?x;`, `try_files /none x;`,
		`index .;`, `index ./;`, `index "$uri.";`, `index /. x;`, `index ..;`,
		`error_page 404 /.;`, `error_page 404 =200 "/.?x";`, `error_page 404 /x/./y;`, `error_page 404 $uri.html;`,
		`location = /. { }`, `location /./a { }`, `location ^~ /a/. { }`, `location /.. { }`, `location /. { }`,
	} {
		_, err := written(t, "events {} http { server { listen 80; "+directive+" } }")
		var refused *NotAllowedError
		if !errors.As(err, &refused) {
			t.Errorf("%s: got %v, want a *NotAllowedError", directive, err)
		}
	}
}

func TestWrite_KeepsURIsThatStayBelow(t *testing.T) {
	for directive, want := range map[string]string{
		`try_files $uri $uri/ $uri.html /index.html;`: `try_files "${uri}" "${uri}/" "${uri}.html" "/index.html";`,
		`try_files /maintenance.html $uri =404;`:      `try_files "/maintenance.html" "${uri}" "=404";`,
		`try_files /a.b/.c @app;`:                     `try_files "/a.b/.c" "@app";`,
		`index index.html .hidden;`:                   `index "index.html" ".hidden";`,
		`error_page 500 502 =200 /a/50x.html;`:        `error_page "500" "502" "=200" "/a/50x.html";`,
		`location ^~ /.well-known/ { }`:               `location "^~" "/.well-known/" {`,
		`location ~ /\. { }`:                          `location "~" "/\\." {`,
	} {
		got, err := written(t, "events {} http { server { listen 80; "+directive+" } }")
		if err != nil || !strings.Contains(got, want+"\n") {
			t.Errorf("%s: got %s, %v, want %s", directive, got, err, want)
		}
	}
}
