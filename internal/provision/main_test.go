package provision_test

import (
	"os"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Waiting("4")
	os.Exit(m.Run())
}
