package blueprint

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/config"
)

// maxUserData is EC2's limit, before base64.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
const maxUserData = 16 << 10

// keepAliveMargin is how much longer an instance keeps an idle connection than
// the load balancer does. Were it shorter, the load balancer could send a
// request on a connection that the instance is closing, and answer 502.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#connection-idle-timeout
const keepAliveMargin = 15 * time.Second

// The headers by which every answer says who gave it.
const (
	InstanceHeader = "X-Platformctl-Instance"
	ZoneHeader     = "X-Platformctl-Zone"
)

//go:embed userdata/cloud-config.yaml
var cloudConfig string

//go:embed userdata/nginx.conf
var nginxConf string

//go:embed userdata/index.html
var builtinPage string

// UserData is the cloud-config of the web instances. It depends on nothing but
// the configuration: what differs from instance to instance, cloud-init itself
// fills in from the instance's own data.
func UserData(cfg config.Config) ([]byte, error) {
	keepAlive := int((cfg.LoadBalancer.IdleTimeout + keepAliveMargin).Seconds())
	conf := fill(nginxConf, map[string]string{
		"keep alive":      strconv.Itoa(keepAlive) + "s",
		"instance header": InstanceHeader,
		"zone header":     ZoneHeader,
		"health check":    indent(8, healthLocation(cfg.LoadBalancer.HealthCheck.Path)),
	})
	page := "content: |\n      " + indent(6, fill(builtinPage, map[string]string{"name": cfg.Name}))
	if cfg.Web.PageContent != "" {
		// Encoded, so that nothing in the user's page is taken for a template.
		page = "encoding: b64\n    content: " + base64.StdEncoding.EncodeToString([]byte(cfg.Web.PageContent))
	}
	data := fill(cloudConfig, map[string]string{"name": cfg.Name, "nginx.conf": indent(6, conf), "page": page})
	if len(data) > maxUserData {
		return nil, fmt.Errorf("user_data would have %d bytes, and EC2 allows %d: make web.page smaller", len(data), maxUserData)
	}
	return []byte(data), nil
}

// healthLocation answers the health checks without a line in the log for each.
// A check of the page itself needs no location of its own, and may not have one:
// Nginx answers / by what it finds for /index.html.
func healthLocation(path string) string {
	path, _, _ = strings.Cut(path, "?")
	if path == "/" || path == "/index.html" {
		return "# The health check fetches the page itself."
	}
	return `location = "` + path + `" {
    access_log off;
    default_type text/plain;
    return 200 "ok\n";
}`
}

// fill puts values in the places of a text that are marked [[like this]], since
// {{ }} is cloud-init's own. The standard library's templates are not used:
// they call methods by name, which keeps every method of the AWS SDK in the
// binary and more than doubles its size.
func fill(text string, values map[string]string) string {
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, "[["+name+"]]", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// indent moves all lines but the first to the right, for a block in YAML.
func indent(n int, text string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+strings.Repeat(" ", n))
}
