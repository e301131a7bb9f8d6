//go:build judges

package conformance_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/testenv"
	"github.com/platformctl/platformctl/internal/testenv/terraform"
)

// TestConstraints_RefuseAsAWS breaks each constraint of the services' models, and asks for each filter that their documentation
// names: the local cloud must refuse what AWS refuses, and by name what it lacks.
func TestConstraints_RefuseAsAWS(t *testing.T) {
	python := testenv.Program(t, "python3")
	const imports = "try: import botocore.session\nexcept ImportError: import awscli.botocore.session"
	if output, err := exec.CommandContext(t.Context(), python, "-c", imports).CombinedOutput(); err != nil {
		testenv.Missing(t, "botocore", errors.New("python3 can't import it: "+lastLine(string(output))))
	}
	command := exec.CommandContext(t.Context(), python, "botocore/constraints.py", localcloudtest.Start(t).Endpoint)
	command.Env = terraform.Environment()
	output, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("the local cloud lets through what AWS refuses, or refuses it otherwise: %v", err)
	}
	t.Log(strings.TrimSpace(string(output)))
}
