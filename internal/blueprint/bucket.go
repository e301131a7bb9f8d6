package blueprint

import (
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/logging"
	"github.com/platformctl/platformctl/internal/resource"
)

// addBucket makes the bucket that holds the access log and the site; zero where there is neither.
func addBucket(g *resource.Graph, cfg config.Config) resource.Ref {
	if !cfg.Logs.On() && cfg.Web.Site == "" {
		return resource.Ref{}
	}
	return resource.Add(g, logging.BucketKind(), "main", logging.Bucket{Days: int(cfg.Logs.Access)})
}

// BucketKinds are those whose objects no list finds without knowing that there may be any: see awsapi.Owner.
func BucketKinds() []string {
	var names []string
	for _, kind := range logging.Kinds() {
		names = append(names, kind.Name)
	}
	return names
}
