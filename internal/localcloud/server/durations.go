package server

import (
	"fmt"
	"maps"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	iammodel "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Durations are how long a platform's objects take to become what they are waited for,
// with a latency such as "aws/10": by names such as "nat-gateway available".
func Durations(latency string) (map[string]time.Duration, error) {
	l, err := world.ParseLatency(latency)
	if err != nil {
		return nil, fmt.Errorf("tell how long things take: %w", err)
	}
	steps := map[string]world.Step{"instance booted": bootStep()}
	for _, of := range []func() map[string]world.Step{network.Steps, compute.Steps, elbmodel.Steps, iammodel.Steps} {
		maps.Copy(steps, of())
	}
	all := map[string]time.Duration{}
	for name, step := range steps {
		all[name] = l.Duration(step)
	}
	all["target checked by the first node"] = dataplane.NodeChecksAfter // by each next one as much later
	return all, nil
}
