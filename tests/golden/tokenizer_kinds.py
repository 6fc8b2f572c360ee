"""Small tokenizers of each kind, trained on random texts, for make_tokenizers.py and tests/parity.

`make(folder, texts, size)` writes a folder for each and returns, by name, a function that gives Python's
ids of a text. SentencePiece's map of characters is that of NFKC, or of few characters with `small`, since
the whole one takes 240 kB.
"""

import gzip
import json
import os
import shutil
import unicodedata
from collections import Counter

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, CLIPTokenizer, NllbTokenizer, RobertaTokenizer, SiglipTokenizer, XLMRobertaTokenizer


def _write(folder, name, text):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _save(tokenizer, folder):
    _write(folder, "tokenizer.json", tokenizer.to_str(pretty=False))
    return lambda text: tokenizer.encode(text).ids


def _characters(tokenizer, texts, most=None):
    """The most frequent characters of words, of these the ones that follow another, and the ones that end a word.

    Trainers are given them in order, since of equally frequent ones they leave out any, and number those with a
    prefix or suffix in the order of a hash table with random keys, on which later merges depend.
    """
    counts, inner, last = Counter(), set(), set()
    for text in texts:
        if tokenizer.normalizer:
            text = tokenizer.normalizer.normalize_str(text)
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text):
            counts.update(word)
            inner.update(word[1:])
            last.add(word[-1])
    kept = sorted(sorted(counts, key=lambda c: (-counts[c], c))[:most])
    return kept, sorted(inner.intersection(kept)), sorted(last.intersection(kept))


def _without_added_tokens(tokenizer, prefix):
    """The same, where tokens that begin so are in the vocabulary alone."""
    document = json.loads(tokenizer.to_str())
    document["added_tokens"] = [token for token in document["added_tokens"] if not token["content"].startswith(prefix)]
    return Tokenizer.from_str(json.dumps(document))


def _clip_backend(vocab, merges):
    tokenizer = CLIPTokenizer(vocab=vocab, merges=merges)
    return tokenizer.backend_tokenizer


def clip(folder, texts, size):
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    backend = _clip_backend({"<|startoftext|>": 0, "<|endoftext|>": 1}, [])
    tokenizer.normalizer = backend.normalizer
    tokenizer.pre_tokenizer = backend.pre_tokenizer
    _, _, last = _characters(tokenizer, texts)
    trainer = trainers.BpeTrainer(
        vocab_size=size, end_of_word_suffix="</w>", show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|startoftext|>", "<|endoftext|>"] + [byte + "</w>" for byte in last],
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    # Each byte also ends a word.
    vocab = dict(model["vocab"])
    for byte in sorted(pre_tokenizers.ByteLevel.alphabet()):
        vocab.setdefault(byte + "</w>", len(vocab))
    merges = [tuple(merge) for merge in model["merges"]]
    return vocab, merges


def make_clip(folder, texts, size):
    """tokenizer.json, and the same as vocab.json and merges.txt."""
    return write_clip(folder, *clip(folder, texts, size))


def write_clip(folder, vocab, merges):
    backend = _clip_backend(vocab, merges)
    json_ids = _save(backend, os.path.join(folder, "clip"))
    _write(os.path.join(folder, "clip_files"), "vocab.json", json.dumps(vocab, ensure_ascii=False))
    _write(os.path.join(folder, "clip_files"), "merges.txt",
           "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))  # fmt: skip
    return {"clip": json_ids, "clip_files": json_ids}


def make_byte_level(folder, texts, size):
    """GPT-2's splitting, with a space before the text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<s>", "<pad>", "</s>"]))  # fmt: skip
    tokenizer.add_tokens([AddedToken("running", single_word=True), AddedToken("<unk>", lstrip=True, rstrip=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), False, True)
    return {"byte_level": _save(tokenizer, os.path.join(folder, "byte_level"))}


def make_roberta(folder, texts, size):
    """vocab.json and merges.txt of RobertaTokenizer."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"]))  # fmt: skip
    model = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    target = os.path.join(folder, "roberta_files")
    _write(target, "vocab.json", json.dumps(model["vocab"], ensure_ascii=False))
    _write(target, "merges.txt", "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    _write(target, "tokenizer_config.json", json.dumps({"tokenizer_class": "RobertaTokenizer"}))
    roberta = RobertaTokenizer(vocab=model["vocab"], merges=merges)
    return {"roberta_files": lambda text: roberta(text)["input_ids"]}


def make_gemma(folder, texts, size):
    """The tokenizer of SigLIP 2 in small, as transformers' Siglip2Tokenizer builds it."""
    tokenizer = Tokenizer(models.BPE(fuse_unk=True, byte_fallback=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    # Trained on words, since whole texts would become tokens.
    words = [word + " " for text in texts for word in text.split(" ")]
    alphabet, _, _ = _characters(tokenizer, words, 300)
    trainer = trainers.BpeTrainer(
        vocab_size=size, show_progress=False, initial_alphabet=alphabet, limit_alphabet=len(alphabet),
        special_tokens=["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"] + [f"<0x{b:02X}>" for b in range(256)],
    )  # fmt: skip
    tokenizer.train_from_iterator(words, trainer)
    plain = _without_added_tokens(tokenizer, "<0x")
    plain.post_processor = processors.TemplateProcessing(
        single="$A:0 <eos>:0", pair="$A:0 <eos>:0 $B:1 <eos>:1", special_tokens=[("<eos>", 1)])  # fmt: skip
    ids = {"gemma": _save(plain, os.path.join(folder, "gemma"))}
    lower = Tokenizer.from_str(plain.to_str())
    lower.normalizer = normalizers.Sequence([normalizers.Lowercase(), plain.normalizer])
    _save(plain, os.path.join(folder, "siglip2"))
    _write(os.path.join(folder, "siglip2"), "tokenizer_config.json",
           json.dumps({"tokenizer_class": "Siglip2Tokenizer", "pad_token": "<pad>", "padding_side": "right"}))  # fmt: skip
    ids["siglip2"] = lambda text: lower.encode(text).ids
    return ids


def _write_rules(path):
    """NFKC of some characters and of letters with marks."""
    sources = [chr(c) for first, last in ((0xA0, 0x17F), (0x2000, 0x200F), (0x2150, 0x215F), (0x2460, 0x246F),
                                          (0x1100, 0x1104), (0x3300, 0x3310), (0xFB00, 0xFB06), (0xFF01, 0xFF5E))
               for c in range(first, last + 1)]  # fmt: skip
    sources += [letter + chr(mark) for letter in "aeinou" for mark in range(0x300, 0x309)]
    with open(path, "w", encoding="utf-8") as file:
        for source in sources + ["\t", "\n", "\x08"]:
            target = "" if source == "\x08" else unicodedata.normalize("NFKC", source) if source.strip() else " "
            if target != source:
                spell = lambda text: " ".join(f"{ord(c):X}" for c in text)
                file.write(f"{spell(source)}\t{spell(target)}\n")


def _model_proto(path):
    from transformers.convert_slow_tokenizer import import_protobuf

    proto = import_protobuf().ModelProto()
    with open(path, "rb") as file:
        proto.ParseFromString(file.read())
    return proto


def _train_sentence_piece(target, name, texts, size, small, **options):
    """Trains a model `name`.model in a folder, a unigram model unless options say otherwise; returns its path."""
    os.makedirs(target, exist_ok=True)
    corpus = os.path.join(target, "corpus.txt")
    with open(corpus, "w", encoding="utf-8") as file:
        for text in texts:
            # Few of the ideographs, so that the alphabet leaves place for words.
            line = " ".join("".join(c for c in text if c < "\u0400" or "\u3041" <= c <= "\u30fa").split())
            if line and len(line.encode()) < 4000:
                file.write(line.lower() + "\n")
    rules = os.path.join(target, "rules.tsv")
    _write_rules(rules)
    normalization = {"normalization_rule_tsv": rules} if small else {"normalization_rule_name": "nmt_nfkc"}
    prefix = os.path.join(target, name)
    options.setdefault("model_type", "unigram")
    sentencepiece.SentencePieceTrainer.train(
        input=corpus, model_prefix=prefix, vocab_size=size, character_coverage=0.98,
        **normalization, minloglevel=2, num_threads=1, **options)  # fmt: skip
    os.remove(corpus)
    os.remove(rules)
    os.remove(prefix + ".vocab")
    proto = _model_proto(prefix + ".model")
    for specification, field in ((proto.trainer_spec, "input"), (proto.trainer_spec, "model_prefix"),
                                 (proto.normalizer_spec, "normalization_rule_tsv")):  # fmt: skip
        specification.ClearField(field)  # the folder's name
    with open(prefix + ".model", "wb") as file:
        file.write(proto.SerializeToString(deterministic=True))
    return prefix + ".model"


def make_xlm_roberta(folder, texts, size, small=False):
    """XLM-RoBERTa's, as AltCLIP has it, from SentencePiece's file alone."""
    target = os.path.join(folder, "xlm_roberta")
    _train_sentence_piece(target, "sentencepiece.bpe", texts, size, small)
    tokenizer = XLMRobertaTokenizer.from_pretrained(target)
    return {"xlm_roberta": lambda text: tokenizer(text)["input_ids"]}


def make_nllb(folder, texts, size, small=False):
    """NLLB's, as NllbTokenizer saves it: byte-pair encoding of SentencePiece's spelling, with tokens of languages."""
    target = os.path.join(folder, "nllb")
    model = _train_sentence_piece(target, "nllb", texts, size, small)
    charsmap = _model_proto(model).normalizer_spec.precompiled_charsmap
    os.remove(model)
    tokenizer = NllbTokenizer(_spm_precompiled_charsmap=charsmap).backend_tokenizer
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, limit_alphabet=200,
                                  special_tokens=["<s>", "<pad>", "</s>", "<unk>"])  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    trained = json.loads(tokenizer.to_str())["model"]
    languages = ["eng_Latn", "fra_Latn", "zho_Hans"]
    nllb = NllbTokenizer(vocab=trained["vocab"], merges=[tuple(merge) for merge in trained["merges"]],
                         additional_special_tokens=languages, _spm_precompiled_charsmap=charsmap)  # fmt: skip
    nllb.save_pretrained(target)
    _save(nllb.backend_tokenizer, target)  # in one line
    nllb = AutoTokenizer.from_pretrained(target)
    return {"nllb": lambda text: nllb(text)["input_ids"]}


def make_nllb_files(folder, texts, size, small=False):
    """NLLB's model of SentencePiece, beside the settings that transformers 4 saves with it."""
    target = os.path.join(folder, "nllb_files")
    model = _train_sentence_piece(target, "sentencepiece.bpe", texts, size, small, model_type="bpe")
    pieces = len(_model_proto(model).pieces)
    languages = ["eng_Latn", "fra_Latn", "zho_Hans"]
    plain = dict(lstrip=False, normalized=False, rstrip=False, single_word=False, special=True)
    decoder = {str(i): dict(plain, content=token) for i, token in enumerate(["<s>", "<pad>", "</s>", "<unk>"])}
    for i, language in enumerate(languages):  # one more than the file has, for <pad>
        decoder[str(pieces + 1 + i)] = dict(plain, content=language)
    decoder[str(pieces + 1 + len(languages))] = dict(plain, content="<mask>", lstrip=True, normalized=True)
    _write(target, "tokenizer_config.json", json.dumps(dict(
        added_tokens_decoder=decoder, additional_special_tokens=languages, bos_token="<s>", cls_token="<s>",
        eos_token="</s>", legacy_behaviour=False, mask_token="<mask>", model_max_length=1024, pad_token="<pad>",
        sep_token="</s>", sp_model_kwargs={}, src_lang=None, tgt_lang=None, tokenizer_class="NllbTokenizer",
        unk_token="<unk>"), indent=2))  # fmt: skip
    nllb = AutoTokenizer.from_pretrained(target)
    return {"nllb_files": lambda text: nllb(text)["input_ids"]}


def make_t5(folder, texts, size, small=False):
    """mT5's model of SentencePiece beside its settings; and T5's, whose sentinels are not in the file."""
    special = dict(pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    target = os.path.join(folder, "mt5")
    _train_sentence_piece(target, "spiece", texts, size + 256, small, byte_fallback=True,
                          user_defined_symbols=["\u2581<extra_id_1>", "\u2581<extra_id_0>"], **special)  # fmt: skip
    named = dict(eos_token="</s>", unk_token="<unk>", pad_token="<pad>")
    _write(target, "tokenizer_config.json", json.dumps(dict(
        named, extra_ids=0, additional_special_tokens=None, sp_model_kwargs={}, tokenizer_file=None)))  # fmt: skip
    _write(target, "special_tokens_map.json", json.dumps(named))
    _write(target, "config.json", json.dumps(dict(model_type="mt5", tokenizer_class="T5Tokenizer")))
    mt5 = AutoTokenizer.from_pretrained(target)

    target = os.path.join(folder, "t5")
    _train_sentence_piece(target, "spiece", texts, size, small, user_defined_symbols=["photo", "cat dog"], **special)
    _write(target, "tokenizer_config.json", json.dumps(dict(extra_ids=3, tokenizer_class="T5TokenizerFast")))
    t5 = AutoTokenizer.from_pretrained(target)
    return {"mt5": lambda text: mt5(text)["input_ids"], "t5": lambda text: t5(text)["input_ids"]}


def make_unigram(folder, texts, size, small=False):
    """SentencePiece's model for SigLIP, and the same in tokenizer.json as T5's and XLM-R's are."""
    model = _train_sentence_piece(
        os.path.join(folder, "siglip"), "spiece", texts, size, small, pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
        user_defined_symbols=["photo", "cat dog"])  # fmt: skip
    siglip = SiglipTokenizer(model)
    ids = {"siglip": lambda text: siglip(text)["input_ids"]}

    proto = _model_proto(model)
    vocab = [(piece.piece, piece.score) for piece in proto.pieces]
    for name, scheme, fallback in (("unigram", "always", False), ("unigram_bytes", "first", True)):
        pieces = list(vocab)
        if fallback:
            pieces += [(f"<0x{b:02X}>", 0.0) for b in range(256)]
        tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2, byte_fallback=fallback))
        tokenizer.normalizer = normalizers.Sequence([
            normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Strip(left=fallback, right=True),
        ])  # fmt: skip
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
        tokenizer.add_special_tokens([AddedToken("</s>", normalized=False), AddedToken("<pad>", normalized=False)])
        tokenizer.post_processor = processors.TemplateProcessing(
            single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])  # fmt: skip
        ids[name] = _save(tokenizer, os.path.join(folder, name))
    return ids


def make_word_piece(folder, texts, size):
    """BERT's, as ChineseCLIP has it; and one with the other steps."""
    ids = {}
    for name, normalizer, splitting in (
        ("word_piece", normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()),
        ("word_piece_steps",
         normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Nmt(), normalizers.Strip(),
                               normalizers.Prepend("x ")]),
         pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("contiguous"),
                                  pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Whitespace(),
                                  pre_tokenizers.Split(Regex(r"(?i:the|[aeiou]{2,3}?)|\p{Lu}+(?=\p{Ll})"),
                                                       "merged_with_next"),
                                  pre_tokenizers.CharDelimiterSplit("q")])),
    ):  # fmt: skip
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizer
        tokenizer.pre_tokenizer = splitting
        alphabet, inner, _ = _characters(tokenizer, texts, 400)
        tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(
            vocab_size=size, show_progress=False, initial_alphabet=alphabet, limit_alphabet=len(alphabet),
            special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + ["##" + c for c in inner]))  # fmt: skip
        tokenizer = _without_added_tokens(tokenizer, "##")
        tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
        ids[name] = _save(tokenizer, os.path.join(folder, name))
    return ids


def make(folder, texts, size, small=False):
    shutil.rmtree(folder, ignore_errors=True)
    ids = {}
    for kind in (make_clip, make_byte_level, make_roberta, make_gemma, make_word_piece):
        ids.update(kind(folder, texts, size))
    ids.update(make_unigram(folder, texts, size, small))
    ids.update(make_xlm_roberta(folder, texts, size, small))
    ids.update(make_nllb(folder, texts, size, small))
    ids.update(make_nllb_files(folder, texts, size, small))
    ids.update(make_t5(folder, texts, size, small))
    return ids


def make_published(folder):
    """CLIP's own vocabulary, which open_clip_torch carries, in its three forms."""
    import open_clip

    path = os.path.join(os.path.dirname(open_clip.__file__), "bpe_simple_vocab_16e6.txt.gz")
    with gzip.open(path) as file:
        text = file.read().decode("utf-8")
    _write(os.path.join(folder, "open_clip"), "bpe_simple_vocab_16e6.txt", text)
    simple = open_clip.tokenizer.SimpleTokenizer()
    merges = [tuple(line.split()) for line in text.split("\n")[1 : 49152 - 256 - 2 + 1]]
    vocab = {token: index for token, index in simple.encoder.items()}
    start, end = vocab.pop("<start_of_text>"), vocab.pop("<end_of_text>")
    vocab["<|startoftext|>"], vocab["<|endoftext|>"] = start, end
    published = write_clip(os.path.join(folder, "published"), vocab, merges)
    return {
        "open_clip": lambda text: [start] + simple.encode(text) + [end],
        "published/clip": published["clip"],
        "published/clip_files": published["clip_files"],
    }
