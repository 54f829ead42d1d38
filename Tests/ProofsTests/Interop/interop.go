// Checks our signed notes and proofs with golang.org/x/mod/sumdb, and signs a note for us to check.
//
// Reads one JSON request from standard input and answers with one JSON value on standard output.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A request; all hashes are base64, as encoding/json has it for byte slices.
type request struct {
	VerifierKey string
	Notes       [][]byte
	SignerKey   string
	Text        string
	Inclusion   []struct {
		Size, Index int64
		Root, Leaf  tlog.Hash
		Path        []tlog.Hash
	}
	Consistency []struct {
		Old, New         int64
		OldRoot, NewRoot tlog.Hash
		Path             []tlog.Hash
	}
}

// An answer: for each note its text or "", and for each proof whether it holds.
type answer struct {
	Texts       []string
	Inclusion   []bool
	Consistency []bool
	Signed      []byte
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var in request
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		return err
	}
	verifier, err := note.NewVerifier(in.VerifierKey)
	if err != nil {
		return err
	}
	var out answer
	for _, signed := range in.Notes {
		text := ""
		if opened, err := note.Open(signed, note.VerifierList(verifier)); err == nil {
			text = opened.Text
		}
		out.Texts = append(out.Texts, text)
	}
	for _, p := range in.Inclusion {
		out.Inclusion = append(out.Inclusion, tlog.CheckRecord(p.Path, p.Size, p.Root, p.Index, p.Leaf) == nil)
	}
	for _, p := range in.Consistency {
		out.Consistency = append(out.Consistency, tlog.CheckTree(p.Path, p.New, p.NewRoot, p.Old, p.OldRoot) == nil)
	}
	signer, err := note.NewSigner(in.SignerKey)
	if err != nil {
		return err
	}
	if out.Signed, err = note.Sign(&note.Note{Text: in.Text}, signer); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}
