package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// write makes an OCI image layout with one image of one layer, as a tar archive. Nothing
// in it depends on the time or the machine: times are 0, owners are root.
func write(name string, files []file) ([]byte, error) {
	layer, err := pack(files)
	if err != nil {
		return nil, err
	}
	var blobs []file
	add := func(mediaType string, data []byte) v1.Descriptor {
		sum := fmt.Sprintf("%x", sha256.Sum256(data))
		blobs = append(blobs, file{name: "blobs/sha256/" + sum, mode: 0o644, data: data})
		return v1.Descriptor{MediaType: mediaType, Digest: digest.NewDigestFromEncoded(digest.SHA256, sum), Size: int64(len(data))}
	}
	blob := func(mediaType string, v any) (v1.Descriptor, error) {
		data, err := json.Marshal(v)
		return add(mediaType, data), err
	}

	platform := v1.Platform{Architecture: runtime.GOARCH, OS: "linux"}
	contents := add(v1.MediaTypeImageLayer, layer)
	config, err := blob(v1.MediaTypeImageConfig, v1.Image{
		Platform: platform,
		Config:   v1.ImageConfig{Env: []string{"PATH=/bin"}, Cmd: []string{"/runseal/install.sh", "install"}, WorkingDir: "/"},
		RootFS:   v1.RootFS{Type: "layers", DiffIDs: []digest.Digest{contents.Digest}},
	})
	if err != nil {
		return nil, err
	}
	manifest, err := blob(v1.MediaTypeImageManifest, v1.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageManifest,
		Config: config, Layers: []v1.Descriptor{contents},
	})
	if err != nil {
		return nil, err
	}
	manifest.Platform = &platform
	// The first annotation is the specification's, the second what ctr imports by.
	manifest.Annotations = map[string]string{v1.AnnotationRefName: name, "io.containerd.image.name": name}
	index, err := json.Marshal(v1.Index{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageIndex, Manifests: []v1.Descriptor{manifest},
	})
	if err != nil {
		return nil, err
	}
	layout, err := json.Marshal(v1.ImageLayout{Version: v1.ImageLayoutVersion})
	if err != nil {
		return nil, err
	}
	return pack(append([]file{
		{name: v1.ImageLayoutFile, mode: 0o644, data: layout},
		{name: v1.ImageIndexFile, mode: 0o644, data: index},
		{name: "blobs/", mode: 0o755},
		{name: "blobs/sha256/", mode: 0o755},
	}, blobs...))
}

// pack is a tar archive of the files, in their order.
func pack(files []file) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.data)), Typeflag: tar.TypeReg, Linkname: f.link}
		switch {
		case f.link != "":
			h.Typeflag = tar.TypeSymlink
		case f.data == nil:
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	err := w.Close()
	return out.Bytes(), err
}
