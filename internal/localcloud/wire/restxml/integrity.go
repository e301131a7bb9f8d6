package restxml

import (
	"crypto/md5" //nolint:gosec // S3 compares it
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/checksum"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// checksumHeader begins the names of the headers in which callers say what a body's checksum is.
const checksumHeader = "X-Amz-Checksum-"

// integrity are the headers of a body that say what it is made of, in their canonical form. They belong to the protocol, and no
// operation lists them.
func integrity(header http.Header) (names []string) {
	for _, name := range []string{"Content-Md5", "X-Amz-Sdk-Checksum-Algorithm", "X-Amz-Decoded-Content-Length", "X-Amz-Trailer"} {
		if header.Get(name) != "" {
			names = append(names, name)
		}
	}
	for name := range header {
		if algorithm, is := strings.CutPrefix(name, checksumHeader); is && checksum.New(strings.ToUpper(algorithm)) != nil {
			names = append(names, name)
		}
	}
	return names
}

// compare refuses a body that isn't what its caller says.
// Source: Amazon S3 User Guide, "Checking object integrity".
func compare(header http.Header, body []byte) *wire.Error {
	if want := header.Get("Content-Md5"); want != "" {
		sum := md5.Sum(body) //nolint:gosec // as above
		if want != base64.StdEncoding.EncodeToString(sum[:]) {
			return refuse.New("BadDigest", "The Content-MD5 you specified did not match what we received.")
		}
	}
	if header.Get("X-Amz-Sdk-Checksum-Algorithm") == "" {
		return nil // a checksum that ends an upload in parts is the object's
	}
	for name := range header {
		algorithm, is := strings.CutPrefix(name, checksumHeader)
		sum := checksum.New(strings.ToUpper(algorithm))
		if !is || sum == nil {
			continue
		}
		sum.Write(body)
		if header.Get(name) != base64.StdEncoding.EncodeToString(sum.Sum(nil)) {
			return refuse.New("BadDigest", "The %s you specified did not match the calculated checksum.", strings.ToUpper(algorithm))
		}
	}
	return nil
}
