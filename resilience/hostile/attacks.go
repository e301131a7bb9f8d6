package hostile

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// attacks are what may be sent, by name. What is answered matters to none of them.
func attacks() map[string]func(context.Context, target, *rand.Rand) {
	return map[string]func(context.Context, target, *rand.Rand){
		"bytes to the API":              func(ctx context.Context, t target, c *rand.Rand) { send(ctx, host(t), noise(c), 0) },
		"forms to the API":              form,
		"JSON to the API":               document,
		"bytes to the load balancer":    func(ctx context.Context, t target, c *rand.Rand) { send(ctx, t.listener, noise(c), 0) },
		"requests to the load balancer": func(ctx context.Context, t target, c *rand.Rand) { send(ctx, t.listener, request(c), 0) },
		"slow bytes to the API":         func(ctx context.Context, t target, c *rand.Rand) { send(ctx, host(t), request(c), 50*time.Millisecond) },
		"slow bytes to the load balancer": func(ctx context.Context, t target, c *rand.Rand) {
			send(ctx, t.listener, request(c), 50*time.Millisecond)
		},
		"scripts to an instance":   script,
		"user data of an instance": userData,
	}
}

func host(t target) string { return strings.TrimPrefix(t.endpoint, "http://") }

// send writes to a connection of its own, with a pause after each byte unless that is 0, and reads what comes for a moment.
func send(ctx context.Context, address string, data []byte, pause time.Duration) {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return
	}
	defer conn.Close()
	deadline := time.Now().Add(3 * time.Second)
	_ = conn.SetDeadline(deadline)
	if pause == 0 {
		_, err = conn.Write(data)
	}
	for i := 0; pause > 0 && err == nil && i < len(data) && time.Now().Before(deadline); i++ {
		if _, err = conn.Write(data[i : i+1]); err == nil {
			err = wait(ctx, pause)
		}
	}
	if err == nil {
		_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, _ = io.CopyN(io.Discard, conn, 64<<10)
	}
}

// wait returns after d, or with ctx's error at its end.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// noise is bytes by chance, half of them after the head of a request.
func noise(c *rand.Rand) []byte {
	data := make([]byte, c.IntN(8<<10))
	for i := range data {
		data[i] = byte(c.Uint32())
	}
	if c.IntN(2) == 0 {
		return append([]byte("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"), data...)
	}
	return data
}

// request is put together by chance of what requests are smuggled with.
func request(c *rand.Rand) []byte {
	pick := func(of ...string) string { return of[c.IntN(len(of))] }
	var b bytes.Buffer
	for range 1 + c.IntN(3) {
		fmt.Fprintf(&b, "%s %s %s%s", pick("GET", "POST", "CONNECT", "get", "G\x00T", strings.Repeat("A", 9000)),
			pick("/", "/..%2f..%2fetc/passwd", "http://other/", "*", "//", strings.Repeat("/a", 20000), "/\x00"),
			pick("HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.1 x", ""), pick("\r\n", "\r\n", "\n"))
		for range c.IntN(12) {
			b.WriteString(pick("Host: a", "Content-Length: 5", "Content-Length: 5, 6", "Content-Length: -1", "Content-Length: 99999999999999999999",
				"Transfer-Encoding: chunked", "Transfer-Encoding: xchunked", " Transfer-Encoding: chunked", "Connection: Content-Length, Transfer-Encoding",
				"Upgrade: websocket", "Connection: upgrade", "Expect: 100-continue", "X-Forwarded-For: "+strings.Repeat("1.1.1.1,", 40),
				"X: "+strings.Repeat("y", 30000), "Range: bytes=0-1,2-3,4-5", ": empty", "no colon", "A\x00B: c", "Trailer: Content-Length"))
			b.WriteString(pick("\r\n", "\r\n", "\n", "\r"))
		}
		b.WriteString(pick("\r\n", "\r\n", "\n", ""))
		b.WriteString(pick("", "hello", "5\r\nhello\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFFF\r\n", "5;"+strings.Repeat("x", 9000)+"\r\nhello\r\n0\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n"))
	}
	return b.Bytes()
}

// post sends a body to the API as a call that has credentials.
func post(ctx context.Context, t target, service, contentType, operation, body string) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.endpoint, strings.NewReader(body))
	if err != nil {
		return
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("X-Amz-Target", operation)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, response.Body, 1<<20)
	response.Body.Close()
}

func form(ctx context.Context, t target, c *rand.Rand) {
	values := url.Values{"Version": {"2016-11-15"}, "Action": {[]string{"DescribeInstances", "RunInstances", "CreateTags", "CreateVpc", "None"}[c.IntN(5)]}}
	switch c.IntN(4) {
	case 0:
		values.Set("Filter"+strings.Repeat(".1", c.IntN(60_000)), "x")
	case 1:
		for i := range c.IntN(20_000) {
			values.Set(fmt.Sprintf("Filter.%d.Value.%d", i, i), "x")
		}
	case 2:
		values.Set("Filter.2147483647.Name", "x")
		values.Set("Filter.-1.Name", strings.Repeat("x", c.IntN(1<<20)))
	default:
		values.Set(strings.Repeat("Tag", c.IntN(1000)), strings.Repeat("\xff", c.IntN(10_000)))
	}
	post(ctx, t, "ec2", "application/x-www-form-urlencoded", "", values.Encode())
}

func document(ctx context.Context, t target, c *rand.Rand) {
	deep := c.IntN(200_000)
	body := []string{
		strings.Repeat("[", deep) + strings.Repeat("]", deep),
		strings.Repeat(`{"Filters":`, deep),
		`{"Filters":[` + strings.Repeat(`{"Key":"a"},`, c.IntN(20_000)) + `{}]}`,
		`{"Names":["` + strings.Repeat("x", c.IntN(2<<20)) + `"]}`,
	}[c.IntN(4)]
	post(ctx, t, "ssm", "application/x-amz-json-1.1", "AmazonSSM.DescribeInstanceInformation", body)
}

// config is that of the SDK's clients.
func (t target) config() aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: &t.endpoint, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""), RetryMaxAttempts: 1,
		HTTPClient: http.DefaultClient} // one for all calls, whose kept connections are few
}

func (t *target) findInstance(ctx context.Context) error {
	found, err := ec2.NewFromConfig(t.config()).DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
	if err != nil {
		return err
	}
	for _, r := range found.Reservations {
		for _, i := range r.Instances {
			t.instance, t.subnet, t.image = aws.ToString(i.InstanceId), aws.ToString(i.SubnetId), aws.ToString(i.ImageId)
			return nil
		}
	}
	return errors.New("there is no instance")
}

// script runs one on an instance that would fill its memory, its disk or its time.
func script(ctx context.Context, t target, c *rand.Rand) {
	text := []string{
		"x=x\n" + strings.Repeat("x=$x$x\n", 40) + "echo $x",
		"while true; do :; done",
		"f() { f; f; }; f",
		"echo " + strings.Repeat("$(", 2000) + "echo" + strings.Repeat(")", 2000),
		"while true; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
		"while true; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx >> /tmp/full; done",
		"cat /etc/shadow ~nobody/x /proc/$$/environ",
		strings.Repeat("{a,b}", 40),
	}[c.IntN(8)]
	client := ssm.NewFromConfig(t.config())
	sent, err := client.SendCommand(ctx, &ssm.SendCommandInput{DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: []string{t.instance},
		Parameters: map[string][]string{"commands": {text}, "executionTimeout": {"5"}}})
	if err != nil {
		_ = wait(ctx, 100*time.Millisecond)
		return
	}
	for wait(ctx, 200*time.Millisecond) == nil {
		told, err := client.GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{CommandId: sent.Command.CommandId, InstanceId: &t.instance})
		if err == nil && told.Status != "Pending" && told.Status != "InProgress" && told.Status != "Delayed" {
			return
		}
	}
}

// userData launches an instance with some that would fill the local cloud's memory, and ends it.
func userData(ctx context.Context, t target, c *rand.Rand) {
	bomb := "#cloud-config\na: &a [x,x,x,x,x,x,x,x,x]\n"
	for i := 'b'; i < 'z'; i++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", i, i, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(append([]byte("#cloud-config\n# "), make([]byte, 10<<20)...))
	_ = w.Close()
	data := []string{
		bomb,
		packed.String(),
		"#cloud-config\nwrite_files: " + strings.Repeat("[", 8000),
		"## template: jinja\n#cloud-config\nruncmd: ['" + strings.Repeat("{{ v1.region }}", 700) + "']\n",
		"Content-Type: multipart/mixed; boundary=\"b\"\n\n" + strings.Repeat("--b\n\n", 2000),
	}[c.IntN(5)]
	client := ec2.NewFromConfig(t.config())
	run, err := client.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: &t.image, InstanceType: ec2types.InstanceTypeT3Micro, SubnetId: &t.subnet,
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), UserData: aws.String(base64.StdEncoding.EncodeToString([]byte(data)))})
	if err != nil {
		_ = wait(ctx, 100*time.Millisecond)
		return
	}
	_ = wait(ctx, time.Second)
	_, _ = client.TerminateInstances(context.WithoutCancel(ctx), &ec2.TerminateInstancesInput{InstanceIds: []string{aws.ToString(run.Instances[0].InstanceId)}})
}
