package config

import (
	"fmt"
	"os"
)

// MaxPageBytes is how large the page can be. It travels in user_data, which EC2 limits to 16 KB before it is base64 encoded
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html), and leaves half of that to the rest.
const MaxPageBytes = 8192

// readPage reads the file that is to be served: from now on its content counts, not the file.
func readPage(c *Config, s setting) []fault {
	if !s.scalar() {
		return refused(mustBe("the path of a file", s))
	}
	c.Web.Page, c.Web.PageContent = "", ""
	if s.text == "" {
		return nil
	}
	path := within(s.at.directory, s.text)
	// Asked before it is opened, because opening a named pipe would wait for a writer.
	info, err := os.Stat(path)
	if err != nil {
		return refused(fmt.Sprintf("can't be read: %s: %v", quote(s.text), withoutPath(err)))
	}
	if !info.Mode().IsRegular() {
		return refused("is not a regular file: " + quote(s.text))
	}
	content, err := readLimited(path, MaxPageBytes)
	switch {
	case err != nil:
		return refused(fmt.Sprintf("can't be read: %s: %v", quote(s.text), withoutPath(err)))
	case len(content) == 0:
		return refused("is an empty file: " + quote(s.text))
	}
	if _, wrong := decodeText(content); wrong != "" {
		return refused(wrong + ": " + quote(s.text))
	}
	c.Web.Page, c.Web.PageContent = path, string(content)
	return nil
}
