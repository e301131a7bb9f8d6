package dns

import (
	"context"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// NamesPerCertificate is the quota of the names that one certificate covers: 10 unless it is raised, to 100 at most. Each
// certificate has it for itself, so that nothing of it is used before.
//
// Source: ACM User Guide, "Quotas".
func NamesPerCertificate() resource.Quota {
	return resource.Quota{
		Service: "acm", Code: "L-FB94F0B0", Name: "Domain names per ACM certificate",
		Used: func(context.Context, *awsapi.Clients) (map[string]int, error) { return nil, nil },
		Need: func(_ context.Context, _ *awsapi.Clients, _ *resource.Graph, nodes []*resource.Node) (map[string]int, error) {
			most := 0
			for _, node := range nodes {
				if certificate, ok := node.Spec.(Certificate); ok {
					most = max(most, len(certificate.Names))
				}
			}
			return map[string]int{"": most}, nil
		},
		Held: func(objects []resource.Object) map[string]int {
			most := 0
			for _, object := range objects {
				if certificate, ok := object.Live.(LiveCertificate); ok {
					most = max(most, len(certificate.SubjectAlternativeNames))
				}
			}
			return map[string]int{"": most}
		},
	}
}
