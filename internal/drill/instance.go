package drill

import (
	"context"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/predict"
)

// instanceScenario stops one instance, as a failed host would.
func instanceScenario() scenario {
	return scenario{
		effect:  predict.Stops,
		prepare: func(context.Context, *awsapi.Clients, *Entry) error { return nil },
		mark:    markVictims,
		inject: func(ctx context.Context, c *awsapi.Clients, e Entry) error {
			for _, id := range e.instances() {
				if err := stop(ctx, c, id); err != nil {
					return err
				}
			}
			return nil
		},
		mend: func(ctx context.Context, c *awsapi.Clients, e Entry) error {
			for _, id := range e.instances() {
				if _, err := start(ctx, c, id); err != nil {
					return err
				}
			}
			return unmark(ctx, c, e.instances()...)
		},
	}
}
