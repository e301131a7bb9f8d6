package loadbalancing_test

import (
	"os"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Waiting("5")
	os.Exit(m.Run())
}
