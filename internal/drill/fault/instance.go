package fault

import (
	"context"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/predict"
)

// instanceScenario stops one instance, as a failed host would.
func instanceScenario() Scenario {
	return Scenario{
		Effect:  predict.Stops,
		Prepare: prepareStop,
		Mark:    markVictims,
		Inject: func(ctx context.Context, c *awsapi.Clients, e Entry) error {
			for _, id := range e.Instances() {
				if err := stop(ctx, c, id); err != nil {
					return err
				}
			}
			return nil
		},
		Restore: func(ctx context.Context, c *awsapi.Clients, e Entry) error {
			for _, id := range e.Instances() {
				if _, err := start(ctx, c, id); err != nil {
					return err
				}
			}
			return unmark(ctx, c, e.Instances()...)
		},
	}
}
