// Package repository has the packages of Amazon Linux 2023 that an instance may ask for, with the files that they lay
// down. Installing them is package guest's.
package repository

// Packages returns the packages by name, each with its files by path. Only nginx has any effect; the others do no more
// than be there.
func Packages() map[string]map[string]string {
	return map[string]map[string]string{
		"nginx": nginxFiles(), "amazon-ssm-agent": nil, "amazon-cloudwatch-agent": nil,
		"curl-minimal": nil, "jq": nil, "unzip": nil, "tar": nil, "python3": nil, "cronie": nil, "rsyslog": nil,
	}
}
