package local

import (
	"errors"
	"fmt"
	"strings"

	"github.com/smallstep/truststore"
)

// machineStores are this machine's: the system's own, and the databases of Firefox, and of Chrome on Linux, where their
// tool is installed.
func machineStores() trustStores {
	stores := trustStores{Places: systemPlaces(), Aside: []string{}}
	var options []truststore.Option
	switch nss, err := truststore.NewNSSTrust(); {
	case err == nil && nss.PreCheck() == nil:
		options = append(options, truststore.WithTrust(nss))
		stores.Places = append(stores.Places, "the databases of Firefox, and of Chrome on Linux (by certutil)")
	case err == nil:
	case truststore.CertutilInstallHelp == "":
		stores.Aside = append(stores.Aside, "Firefox, which has a database of its own: import the file in its settings")
	default:
		stores.Aside = append(stores.Aside, fmt.Sprintf("Firefox, and Chrome on Linux, which have databases of their own: "+
			"install certutil (%s) and run this again, or import the file in their settings", strings.ReplaceAll(truststore.CertutilInstallHelp, `"`, "")))
	}
	stores.Add = func(file string) error { return truststore.InstallFile(file, options...) }
	stores.Remove = func(file string) error {
		if err := truststore.UninstallFile(file, options...); !errors.Is(err, truststore.ErrNotFound) {
			return err
		}
		return nil // it was gone already
	}
	return stores
}
