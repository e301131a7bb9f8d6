package model

import (
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Mail is an e-mail that SNS has sent. All addresses have one mailbox, which is that of the local cloud's user.
type Mail struct {
	world.Object
	To, Subject, Text string
	Confirm           string // the address that confirms the subscription, or ""
	Sent              time.Time
}

// keptMails bounds the mailbox.
const keptMails = 200

func mailKind() world.AnyKind {
	return world.Kind[Mail, *Mail]{
		Name: "e-mail", Prefix: "mail", Untaggable: true, KnownAtOnce: true,
		NotFound: func(...string) error { return notFound("E-mail") },
	}
}

// Send puts an e-mail into the mailbox, which is of all regions, and loses the oldest where it is full.
func Send(tx *world.Tx, m Mail) {
	tx = tx.In("")
	m.Object, m.Sent = tx.NewObject("mail", nil), tx.Now()
	world.Add(tx, &m)
	if all := Mails(tx); len(all) > keptMails {
		world.Delete[Mail](tx, all[0].ID)
	}
}

// Mails are the e-mails of the mailbox, the oldest first.
func Mails(tx *world.Tx) []*Mail { return world.All[Mail](tx.In("")) }
