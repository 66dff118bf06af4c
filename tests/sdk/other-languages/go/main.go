// Sends COUNT calls through Segment's Go SDK and prints how many it delivered and how many it gave up.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/segmentio/analytics-go/v3"
)

type outcomes struct{ delivered, failed atomic.Int64 }

func (o *outcomes) Success(analytics.Message)        { o.delivered.Add(1) }
func (o *outcomes) Failure(analytics.Message, error) { o.failed.Add(1) }

func main() {
	count, err := strconv.Atoi(os.Getenv("COUNT"))
	if err != nil {
		panic(err)
	}
	var seen outcomes
	client, err := analytics.NewWithConfig(os.Getenv("WRITE_KEY"), analytics.Config{
		Endpoint: os.Getenv("HOST"), BatchSize: 5, Interval: 100 * time.Millisecond, Callback: &seen,
		// By default it tries ten times, the first of them within a second.
		RetryAfter: func(int) time.Duration { return 2 * time.Second },
	})
	if err != nil {
		panic(err)
	}
	for step := 0; step < count; step++ {
		mark := map[string]interface{}{"step": step, "by": "go"}
		var message analytics.Message
		switch step % 5 {
		case 0:
			message = analytics.Identify{UserId: "go", Traits: analytics.Traits{"email": "go@example.com", "step": step, "by": "go"}}
		case 1:
			message = analytics.Track{UserId: "go", Event: "Viewed", Properties: mark}
		case 2:
			message = analytics.Page{UserId: "go", Name: "Home", Properties: mark}
		case 3:
			message = analytics.Screen{UserId: "go", Name: "Start", Properties: mark}
		default:
			message = analytics.Group{UserId: "go", GroupId: "acme", Traits: mark}
		}
		if err := client.Enqueue(message); err != nil {
			panic(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	// Close gives up whatever would have to be sent again.
	for seen.delivered.Load()+seen.failed.Load() < int64(count) {
		time.Sleep(50 * time.Millisecond)
	}
	if err := client.Close(); err != nil {
		panic(err)
	}
	fmt.Printf("{\"delivered\":%d,\"failed\":%d}\n", seen.delivered.Load(), seen.failed.Load())
}
