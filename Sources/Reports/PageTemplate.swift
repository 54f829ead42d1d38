internal import Bytes
internal import Mustache

/// The mustache templates of a page, parsed once.
struct PageTemplate: Sendable {
    static let shared = PageTemplate()

    private let library: MustacheLibrary
    private let styles = String(decoding: PackageResources.page_css, as: UTF8.self)

    /// Escapes as ``Markup`` does, instead of the package's own escape, which compares characters.
    private struct Escaping: MustacheContentType {
        func escapeText(_ text: String) -> String { Markup.escape(text) }
    }

    private init() {
        MustacheContentTypes.register(Escaping(), named: "LETHE")
        var library = MustacheLibrary()
        do {
            for (name, text) in [
                ("page", PackageResources.page_mustache), ("block", PackageResources.block_mustache),
                ("spans", PackageResources.spans_mustache),
            ] {
                let template = "{{% CONTENT_TYPE:LETHE}}" + String(decoding: text, as: UTF8.self)
                try library.register(template, named: name)
            }
        } catch {
            preconditionFailure("a template of this module does not parse: \(error)")
        }
        self.library = library
    }

    func render(_ page: Page) -> String {
        library.render(context(page), withTemplate: "page")!
    }

    // MARK: What the templates see

    private typealias Context = [String: Any]

    private func context(_ page: Page) -> Context {
        let digests = page.shortenedDigests.map { digest, place in
            [[Span.fullDigest(digest)], [.text(place)]]
        }
        var sections = page.sections
        if !digests.isEmpty {
            let table = DataTable(
                caption: "Every digest that this page shows shortened",
                columns: ["SHA-256 in full", "First shown in"], rows: digests)
            sections.append(Section("digests", "Digests in full", [.table(table)]))
        }
        let names = sections.map { ["id": $0.id, "title": $0.title] }
        return [
            "title": page.title, "subtitle": page.subtitle, "styles": styles,
            "banner": context(page.banner), "contents": names,
            "sections": sections.map { section in
                [
                    "id": section.id, "title": section.title, "isWide": section.isWide,
                    "blocks": section.blocks.enumerated().map {
                        context($1, id: "\(section.id)-\($0 + 1)")
                    },
                ] as Context
            },
            "data": Markup.embed(json: page.data), "dataDigest": page.dataDigest.hex,
            "dataBytes": page.data.count,
        ]
    }

    private func context(_ banner: Banner) -> Context {
        var context: Context = [
            "tone": banner.tone.rawValue, "heading": banner.heading,
            "sentences": banner.sentences.map { ["spans": self.context($0)] },
            "counts": banner.counts.map { ["term": $0.term, "spans": self.context($0.value)] as Context },
        ]
        if let notice = banner.notice { context["notice"] = notice }
        if let scale = banner.scale {
            let steps = scale.steps.enumerated().map { index, step in
                ["name": step.name, "word": step.word, "isReached": index == scale.reached] as Context
            }
            context["scale"] = ["title": scale.title, "steps": steps] as Context
        }
        return context
    }

    private func context(_ block: Block, id: String) -> Context {
        switch block {
        case .paragraph(let spans): ["paragraph": ["spans": context(spans)]]
        case .list(let items): ["list": ["items": items.map { ["spans": context($0)] }]]
        case .steps(let items): ["steps": ["items": items.map { ["spans": context($0)] }]]
        case .facts(let facts):
            ["facts": ["items": facts.map { ["term": $0.term, "spans": context($0.value)] as Context }]]
        case .table(let table): ["table": context(table, id: id)]
        case .picture(let picture):
            [
                "picture": [
                    "markup": picture.markup, "label": picture.label,
                    "spans": context(picture.caption),
                ] as Context
            ]
        case .command(let line): ["command": ["line": line]]
        case .heading(let spans): ["heading": ["spans": context(spans)]]
        }
    }

    private func context(_ table: DataTable, id: String) -> Context {
        [
            "id": id, "caption": table.caption, "columns": table.columns.map { ["name": $0] },
            "rows": table.rows.map { row in
                [
                    "head": ["spans": context(row[0])],
                    "cells": row.dropFirst().map { ["spans": context($0)] },
                ] as Context
            },
        ]
    }

    private func context(_ spans: [Span]) -> [Context] {
        spans.map { span in
            switch span {
            case .text(let text): ["text": text]
            case .strong(let text): ["strong": ["text": text]]
            case .struck(let text): ["struck": ["text": text]]
            case .code(let text): ["code": ["text": text]]
            case .digest(let digest): ["digest": ["short": "\(digest.prefix(12))…", "full": digest]]
            case .fullDigest(let digest): ["fullDigest": ["full": digest]]
            case .mark(let word, let tone): ["mark": ["word": word, "tone": tone.rawValue]]
            case .link(let text, let section): ["link": ["text": text, "section": section]]
            }
        }
    }
}
