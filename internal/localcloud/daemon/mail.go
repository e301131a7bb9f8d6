package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

// Mails reads the e-mails that the local cloud of a home has sent, the oldest first.
func Mails(ctx context.Context, home string) ([]endpoint.Mail, error) {
	status, ok := Running(ctx, home)
	if !ok {
		return nil, ErrNotRunning
	}
	response, err := request(ctx, home, http.MethodGet, status.Endpoint+endpoint.RouteMail, nil)
	if err != nil {
		return nil, fmt.Errorf("read the e-mails: %w", err)
	}
	defer response.Body.Close()
	var mails endpoint.Mails
	if err := json.NewDecoder(response.Body).Decode(&mails); err != nil {
		return nil, fmt.Errorf("read the e-mails: %w", err)
	}
	return mails.Mails, nil
}
