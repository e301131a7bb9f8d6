package blueprint

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"text/template"
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

//go:embed userdata/cloud-config.yaml.tmpl
var cloudConfig string

//go:embed userdata/nginx.conf.tmpl
var nginxConf string

//go:embed userdata/index.html.tmpl
var builtinPage string

// UserData is the cloud-config of the web instances. It depends on nothing but
// the configuration: what differs from instance to instance, cloud-init itself
// fills in from the instance's own data.
func UserData(cfg config.Config) ([]byte, error) {
	healthPath, _, _ := strings.Cut(cfg.LoadBalancer.HealthCheck.Path, "?")
	values := map[string]any{
		"Name":             cfg.Name,
		"HealthPath":       healthPath,
		"KeepAliveSeconds": int((cfg.LoadBalancer.IdleTimeout + keepAliveMargin).Seconds()),
		"InstanceHeader":   InstanceHeader,
		"ZoneHeader":       ZoneHeader,
	}
	conf, err := render("nginx.conf", nginxConf, values)
	if err != nil {
		return nil, err
	}
	page, err := render("index.html", builtinPage, values)
	if err != nil {
		return nil, err
	}
	values["NginxConf"], values["Page"] = conf, page
	if cfg.Web.PageContent != "" {
		// Encoded, so that nothing in the user's page is taken for a template.
		values["EncodedPage"] = base64.StdEncoding.EncodeToString([]byte(cfg.Web.PageContent))
	}
	data, err := render("cloud-config.yaml", cloudConfig, values)
	if err != nil {
		return nil, err
	}
	if len(data) > maxUserData {
		return nil, fmt.Errorf("user_data would have %d bytes, and EC2 allows %d: make web.page smaller", len(data), maxUserData)
	}
	return []byte(data), nil
}

// render fills in a template between [[ and ]], because {{ and }} are
// cloud-init's own.
func render(name, text string, values any) (string, error) {
	t, err := template.New(name).Delims("[[", "]]").Option("missingkey=error").Funcs(template.FuncMap{
		"indent": func(n int, s string) string {
			return strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n"+strings.Repeat(" ", n))
		},
	}).Parse(text)
	if err != nil {
		return "", fmt.Errorf("parse %s: %w", name, err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, values); err != nil {
		return "", fmt.Errorf("fill in %s: %w", name, err)
	}
	return out.String(), nil
}
