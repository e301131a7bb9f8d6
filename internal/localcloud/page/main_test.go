package page_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/platformctl/platformctl/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Waiting("4")
	goleak.VerifyTestMain(m)
}
