package blueprint

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
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

//go:embed userdata/site.yaml
var siteCloudConfig string

//go:embed userdata/site.sh
var siteScript string

// ReleaseHeader says which release an answer is of, where there is a site.
const ReleaseHeader = "X-Platformctl-Release"

// siteEvery is the pause between two looks of an instance at which release it is to serve, in seconds. A look is one GET request:
// 518,400 a month cost $0.21 per instance.
const siteEvery = 5

// The releases of a site bring their own configuration: see package rules. The root and the header are of the same reload as the
// files, so that no answer says another release than its own.
const (
	siteMaps = "include /srv/www/current/.platformctl/http*.conf;"
	siteRoot = "include /srv/www/current/.platformctl/[rs]*.conf;"
)

// instanceAccount is the account that an instance is of, as cloud-init knows it from the instance's identity document.
const instanceAccount = "{{ ds.dynamic.instance_identity.document.accountId }}"

// UserData is the cloud-config of the web instances. It depends on nothing but
// the configuration: what differs from instance to instance, cloud-init itself
// fills in from the instance's own data.
func UserData(cfg config.Config) ([]byte, error) {
	keepAlive := int((cfg.LoadBalancer.IdleTimeout + keepAliveMargin).Seconds())
	parts := map[string]string{
		"maps": "", "root": "root /srv/www;", "cache": "\nadd_header Cache-Control \"no-store\" always;",
		"page": "location / {\n    index index.html;\n}",
	}
	if cfg.Web.Site != "" {
		parts = map[string]string{"maps": "\n" + siteMaps, "root": siteRoot}
	}
	conf := fill(nginxConf, map[string]string{
		"maps":            indent(4, parts["maps"]),
		"root":            parts["root"],
		"cache":           indent(8, parts["cache"]),
		"page":            indent(8, parts["page"]),
		"keep alive":      strconv.Itoa(keepAlive) + "s",
		"instance header": InstanceHeader,
		"zone header":     ZoneHeader,
		"health check":    indent(8, healthLocation(cfg.LoadBalancer.HealthCheck.Path)),
	})
	if cfg.Web.Site != "" {
		return siteUserData(cfg, conf)
	}
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

// siteUserData is that of instances which fetch what they serve.
func siteUserData(cfg config.Config, conf string) ([]byte, error) {
	script := fill(siteScript, map[string]string{
		"bucket":         awsapi.BucketName(cfg.Name, instanceAccount, "{{ v1.region }}"),
		"account":        instanceAccount,
		"release header": ReleaseHeader,
	})
	data := fill(siteCloudConfig, map[string]string{
		"name": cfg.Name, "nginx.conf": indent(6, conf), "script": indent(6, script), "seconds": strconv.Itoa(siteEvery),
	})
	if len(data) > maxUserData {
		return nil, fmt.Errorf("user_data would have %d bytes, and EC2 allows %d", len(data), maxUserData)
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
