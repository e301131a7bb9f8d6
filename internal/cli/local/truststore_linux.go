package local

import (
	"path/filepath"
	"strings"

	"github.com/smallstep/truststore"
)

func systemPlaces() []string {
	if truststore.SystemTrustCommand == nil {
		return []string{"the system's store, if it has one that is known here"}
	}
	return []string{"the system's store: a file in " + filepath.Dir(truststore.SystemTrustFilename) + ", and " +
		strings.Join(truststore.SystemTrustCommand, " ") + ", with sudo where it is installed"}
}
