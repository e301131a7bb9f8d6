package server_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/testenv"
)

func TestMain(m *testing.M) {
	localcloudtest.ServeInBackground()
	testenv.Waiting("8")
	goleak.VerifyTestMain(m)
}
