package runbook

import "strings"

// console is a page of the AWS console. https://docs.aws.amazon.com/awsconsolehelpdocs/latest/gsg/select-region.html
func (p Platform) console(path string) string {
	domain := "console.aws.amazon.com"
	switch {
	case strings.HasPrefix(p.Region, "cn-"):
		domain = "console.amazonaws.cn"
	case strings.HasPrefix(p.Region, "us-gov-"):
		domain = "console.amazonaws-us-gov.com"
	}
	service, page, _ := strings.Cut(path, "#")
	return "https://" + p.Region + "." + domain + "/" + service + "/home?region=" + p.Region + "#" + page
}

// link is a Markdown link to the page of an object of a kind, or where its ID isn't known
// to that of all of its kind. Elsewhere than on AWS there is no console, and it
// is the text alone.
func (p Platform) link(kind, text, id string) string {
	if !p.onAWS() {
		return text
	}
	path := pages()[kind].Object + id
	if id == "" {
		path = strings.ReplaceAll(pages()[kind].List, "{platform}", p.Name)
	}
	return "[" + text + "](" + p.console(path) + ")"
}
