package awsapi

import "testing"

// Other programs that answer as EC2 carry out calls with DryRun.
func TestConnect_TrustsDryRunOfAWSAlone(t *testing.T) {
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, test := range []struct {
		name, everywhere, ofEC2, given string
		want                           bool
	}{
		{name: "AWS", want: true},
		{name: "the local cloud", given: "http://127.0.0.1:4000", want: true},
		{name: "an emulator", everywhere: "http://127.0.0.1:5000"},
		{name: "an emulator of EC2 alone", ofEC2: "http://127.0.0.1:5000"},
		{name: "a VPC endpoint", ofEC2: "https://vpce-0a.ec2.us-east-1.vpce.amazonaws.com", want: true},
		{name: "a name that only begins like AWS's", everywhere: "https://ec2.amazonaws.com.example.org"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("AWS_ENDPOINT_URL", test.everywhere)
			t.Setenv("AWS_ENDPOINT_URL_EC2", test.ofEC2)
			clients, err := Connect(t.Context(), Options{Region: "us-east-1", Endpoint: test.given})
			if err != nil {
				t.Fatal(err)
			}
			if clients.DryRuns != test.want {
				t.Errorf("trusted: %t, want %t", clients.DryRuns, test.want)
			}
		})
	}
}

func TestClients_CommandReachesSameAWS(t *testing.T) {
	c := &Clients{Region: "us-east-1"}
	if got, want := c.Command("ec2 describe-vpcs"), "aws ec2 describe-vpcs --region us-east-1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	c.Endpoint = "http://127.0.0.1:4000"
	if got, want := c.Command("ec2 describe-vpcs"), "aws ec2 describe-vpcs --region us-east-1 --endpoint-url http://127.0.0.1:4000"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
