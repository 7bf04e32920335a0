package strictjson

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
)

// record is a struct of another package's kind, read by hand.
type record struct {
	ID     string
	Pid    int64
	Start  uint64
	Frozen bool
	Paths  map[string]string
	Args   []string
	Nums   []int64
	Config string
}

var errOdd = errors.New("odd number")

func readRecord(data []byte) (r record, err error) {
	d := NewDecoder(data)
	err = d.Object(func(name string) (err error) {
		switch name {
		case "id":
			r.ID, err = d.String()
		case "pid":
			r.Pid, err = d.Int64()
		case "start":
			r.Start, err = d.Uint64()
		case "frozen":
			r.Frozen, err = d.Bool()
		case "paths":
			r.Paths, err = d.StringMap()
		case "args":
			err = Scalars(d, &r.Args, Text[string])
		case "nums":
			if d.Null() {
				return nil
			}
			err = d.Array(func(i int) error {
				n, err := d.Int64()
				if err == nil && i == 3 && n%2 != 0 {
					return fmt.Errorf("%d: %w", n, errOdd)
				}
				r.Nums = append(r.Nums, n)
				return err
			})
		case "config":
			var raw []byte
			raw, err = d.Skip()
			r.Config = string(raw)
		default:
			_, err = d.Skip()
		}
		return err
	})
	if err == nil {
		err = d.End()
	}
	return r, err
}

func TestDecoderByHand(t *testing.T) {
	want := record{
		ID: "a\"\\\n\x01\u2028ä😀", Pid: math.MinInt64, Start: math.MaxUint64, Frozen: true,
		Paths:  map[string]string{"": "/x", "cpu,cpuacct": "/y", "name=systemd": ""},
		Args:   []string{"sh", "a,]b"},
		Nums:   []int64{1, -2, math.MaxInt64, 4},
		Config: `{ "a" : [1, {"b": "c"}] }`,
	}
	data := []byte(`{"id":"a\"\\\n\u0001\u2028ä😀","pid":-9223372036854775808,"start":18446744073709551615,"frozen":true,` +
		`"paths":{"":"/x","cpu,cpuacct":"/y","name=systemd":""},"args":["sh","a,]b"],` +
		`"nums":[1,-2,9223372036854775807,4],"config":{ "a" : [1, {"b": "c"}] }}`)
	got, err := readRecord(data)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v, %v\nwant %+v", data, got, err, want)
	}
	got, err = readRecord([]byte(` { "other" : {"x":[]} , "paths" : null , "args" : null , "nums" : null , "config" : null } `))
	if want := (record{Config: "null"}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestDecoderByHandErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{``, `line 1, column 1: unexpected end of text, expected a value`},
		{`null`, `null: expected an object`},
		{`{"id":"x"`, `line 1, column 10: unexpected end of text, expected ',' or '}'`},
		{`{"id":"x"}}`, `line 1, column 11: unexpected '}', expected the end of the text, after one value`},
		{`{"id":1}`, `id: 1: expected a string`},
		{`{"id":null}`, `id: null: expected a string`},
		{`{"id":"","id":""}`, `id: duplicate field, expected every name only once`},
		{`{"other":1,"other":2}`, `other: duplicate field, expected every name only once`},
		{`{"pid":9223372036854775808}`, `pid: 9223372036854775808: expected an integer from -9223372036854775808 to 9223372036854775807`},
		{`{"pid":-9223372036854775809}`, `pid: -9223372036854775809: expected an integer from -9223372036854775808 to 9223372036854775807`},
		{`{"pid":1.0}`, `pid: 1.0: expected an integer from -9223372036854775808 to 9223372036854775807`},
		{`{"start":18446744073709551616}`, `start: 18446744073709551616: expected an integer from 0 to 18446744073709551615`},
		{`{"frozen":"true"}`, `frozen: "true": expected true or false`},
		{`{"paths":{"a":"/x","b":2}}`, `paths.b: 2: expected a string`},
		{`{"paths":{"a":"/x","a":"/y"}}`, `paths.a: duplicate field, expected every name only once`},
		{`{"args":["a",["b"]]}`, `args[1]: an array: expected a string`},
		{`{"nums":[1,2,3,5]}`, `nums[3]: 5: odd number`},
		{`{"nums":{"a":1}}`, `nums: an object: expected an array`},
		{`{"config":{"a":[1,}}}`, `config.a[1]: line 1, column 19: unexpected '}', expected a value`},
		{`{"id":"` + strings.Repeat("é", 100) + `","pid":"` + strings.Repeat("é", 100) + `"}`,
			`pid: "` + strings.Repeat("é", 32) + `"...: expected an integer from -9223372036854775808 to 9223372036854775807`},
	} {
		_, err := readRecord([]byte(c.text))
		var field *FieldError
		if err == nil || err.Error() != c.want || !errors.As(err, &field) {
			t.Errorf("%s:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
	if _, err := readRecord([]byte(`{"nums":[1,2,3,5]}`)); !errors.Is(err, errOdd) {
		t.Errorf("the caller's error is lost: %v", err)
	}
}
