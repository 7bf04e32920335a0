package strictjson

// Parse reads a document that is one value of type T, with value, such as a
// generated function. Nothing but white space may follow.
func Parse[T any](data []byte, value func(*Decoder, *T) error) (*T, error) {
	d := NewDecoder(data)
	v := new(T)
	if err := value(d, v); err != nil {
		return nil, err
	}
	if err := d.End(); err != nil {
		return nil, err
	}
	return v, nil
}
