"""Scores and certifies images, or rows of features, on Spark with a file that mlContext.Gloro.ConvertToOnnx wrote.

    spark-submit score.py --model eurosat.onnx --images URI --output URI [--epsilon E] [--max-k K] [--labels-from-folders]

The output is Parquet with one row for each input: path, predicted_label, certified_labels, k, radius, loosest_labels, radii, error.
"""
import argparse
import io
import json
import math
import os
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd

KEYS = ("format", "arithmetic", "norm", "class_names", "guarantee", "epsilon", "epsilon_unit", "radii",
        "input_kind", "input_column", "image_size", "pixel_range", "feature_names")  # of the metadata, after "gloro."
READABLE = {"format": ["1"], "arithmetic": ["Float64"], "norm": ["L2", "L2 in tolerances"], "input_kind": ["image", "features"],
            "pixel_range": ["[]", "[0,1]", "[0,255]"]}
OUTPUTS = ["predicted_index", "topk_index", "topk_radii", "certified_radius", "certified_mask", "loosest_mask"]
SCORED = "predicted_label string, certified_labels array<string>, k int, radius float, loosest_labels array<string>, radii array<float>, " \
         "error string"
COUNTS = ("rows", "errors", "correct", "certified", "verified", "set_sizes", "loosest_sizes")
DECODED = ["PNG", "JPEG", "GIF", "BMP", "WEBP"]  # what the library decodes
BATCH_ROWS = 64  # a task holds this many rows at a time, however many its partition has


class Refusal(Exception):
    """A file, a column or an argument that cannot be used."""


def describe(metadata, name):
    """What the file says of its input, classes and guarantee. Refuses a file that this job would misread."""
    said = {key: metadata.get("gloro." + key) for key in KEYS}
    for key, known in READABLE.items():
        if said[key] not in known:
            raise Refusal(f"{name} has {key} {said[key] or '(none)'}, and this job reads {' or '.join(known)} only, "
                          "as mlContext.Gloro.ConvertToOnnx of this version writes it.")
    numbers = ("class_names", "epsilon", "radii", "image_size", "pixel_range", "feature_names")  # and lists
    return SimpleNamespace(**{**said, **{key: json.loads(said[key]) for key in numbers}})


def open_session(file):
    """One session with one thread, because Spark runs a task per core."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # ONNX Runtime warns that parameters can be overridden, which is their purpose
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def decode(content, model):
    """An image file as planes R, G, B of the network's size, read as the library reads it. Raises if it is damaged or cut off."""
    from PIL import Image
    Image.open(io.BytesIO(content), formats=DECODED).verify()  # the checksums of PNG, to its end
    with Image.open(io.BytesIO(content), formats=DECODED) as image:
        image.load()
        if image.mode.startswith("I"):  # 16 bits of gray, of which the high byte counts
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        rgba = np.asarray(image.convert("RGBA"), dtype=np.int32)
    rgb = Image.fromarray(((rgba[..., :3] * rgba[..., 3:] + 127) // 255).astype(np.uint8))  # transparent pixels over black
    height, width = model.image_size
    rgb = rgb.resize((width, height), Image.Resampling.BILINEAR)  # an image of this size stays as it is
    return np.asarray(rgb, dtype=np.float32).transpose(2, 0, 1) / np.float32(255 / model.pixel_range[1])


def vector(values, model):
    """A row of features. NaN is allowed: the graph predicts and certifies nothing for it, like the library."""
    row = np.asarray(values, dtype=np.float32)
    if row.shape != (len(model.feature_names),):
        raise ValueError(f"the row has {row.size} features instead of {len(model.feature_names)}")
    return row


def certificates(outputs, errors, classes):
    """The graph's outputs as columns. A row with an error gets no label and no certificate."""
    rows = []
    for error, predicted, order, radii, radius, *masks in zip(errors, *outputs):
        tightest, loosest = (0, 0) if error else (int(mask.sum()) for mask in masks)
        rows.append((None if error or predicted < 0 else classes[predicted], [classes[c] for c in order[:tightest]], tightest,
                     0 if error else radius, [classes[c] for c in order[:loosest]], radii[:0] if error else radii, error))
    return pd.DataFrame(rows, columns=[field.split()[0] for field in SCORED.split(", ")]).astype({"k": "int32", "radius": "float32"})


def score(frames, session, model, epsilon, max_k=None):
    """Scores batch by batch. Each frame has the column input (image file or features) and columns that stay."""
    read, shape = (decode, (3, *model.image_size)) if model.input_kind == "image" else (vector, (len(model.feature_names),))
    parameters = {"epsilon": np.array([epsilon], np.float32)}
    if max_k is not None:
        parameters["max_k"] = np.array([max_k], np.int64)
    for frame in frames:
        batch, errors = np.zeros((len(frame), *shape), np.float32), [None] * len(frame)
        for n, value in enumerate(frame["input"]):
            try:
                batch[n] = read(value, model)
            except Exception as fault:  # whatever a decoder raises, this row is an error and the others are scored
                errors[n] = f"{type(fault).__name__}: {fault}".partition(" <_io.")[0]
        outputs = session.run(OUTPUTS, {"input": batch, **parameters})
        kept = frame.drop(columns="input").reset_index(drop=True)
        yield pd.concat([kept, certificates(outputs, errors, model.class_names)], axis=1)


def tally(frames):
    """Counts per label what Evaluate counts: VRA looks in the loosest set. Unread rows are errors and nothing else."""
    for frame in frames:
        is_read, label, k, loosest = frame["error"].isna(), frame["label"], frame["k"], frame["loosest_labels"]
        within = pd.Series([name in list(names) for name, names in zip(label, loosest)], frame.index, dtype=bool)
        counts = (is_read, ~is_read, is_read & (frame["predicted_label"] == label), is_read & (k > 0), within, k, loosest.map(len))
        table = pd.DataFrame({"label": label, **{name: count.astype("int64") for name, count in zip(COUNTS, counts)}})
        yield table.groupby("label", as_index=False, dropna=False).sum()


def metrics(counts):
    """The metrics of mlContext.Gloro.Evaluate for each label and, in the last row, for all. Rows without a label do not count."""
    counts = counts.dropna(subset=["label"]).sort_values("label")
    table = pd.concat([counts, pd.DataFrame([{"label": "(all)", **counts[list(COUNTS)].sum()}])], ignore_index=True)
    shares = {"clean_accuracy": ("correct", "rows"), "vra": ("verified", "rows"), "mean_set": ("set_sizes", "certified"),
              "mean_loosest": ("loosest_sizes", "certified")}
    table = table.assign(**{name: table[part] / table[whole].clip(lower=1) for name, (part, whole) in shares.items()})
    return table[["label", "rows", "errors", "certified", *shares]]


def read_rows(spark, args, model):
    """The input as columns path, input and, if wanted, label. Refuses missing columns before anything is scored."""
    from pyspark.sql import functions as F, types as T

    rows = spark.read.format("binaryFile").option("recursiveFileLookup", True).load(args.images)
    first, is_image = rows.select("path").head(), model.input_kind == "image"
    if not is_image or (first is not None and first["path"].endswith(".parquet")):
        rows = spark.read.parquet(args.images)
    types = {field.name: field.dataType for field in rows.schema}
    unread = [name for name in model.feature_names if not isinstance(types.get(name), T.NumericType)]
    if is_image and isinstance(types.get("content"), T.BinaryType):
        source = F.col("content")
    elif not is_image and not unread:
        source = F.array(*[F.col("`" + name.replace("`", "``") + "`").cast("float") for name in model.feature_names])
    elif not is_image and isinstance(types.get(model.input_column), T.ArrayType):
        source = F.col(model.input_column).cast("array<float>")
    else:
        wanted = "binary column content" if is_image else f"array column {model.input_column} or numeric columns {', '.join(unread)}"
        raise Refusal(f"{args.images} lacks the {wanted}.")
    columns = {"path": F.col(args.key).cast("string") if args.key in types else F.input_file_name(), "input": source}
    if args.labels_from_folders:
        columns["label"] = F.regexp_extract(columns["path"], "([^/]+)/[^/]*$", 1)
    elif args.labels_from_column:
        columns["label"] = F.col(args.labels_from_column).cast("string")
    return rows.select([value.alias(name) for name, value in columns.items()])


def parse():
    parser = argparse.ArgumentParser(description="Scores and certifies images or features on Spark.")
    parser.add_argument("--model", required=True, help="the ONNX file: a local path, or a URI that Spark reads")
    parser.add_argument("--images", "--rows", required=True, help="a folder of images, or Parquet with a column content, or with features")
    parser.add_argument("--output", required=True, help="the folder of Parquet files to write; it must not exist")
    parser.add_argument("--epsilon", type=float, help="the L2 radius to certify at; the file's own if left out")
    parser.add_argument("--max-k", type=int, help="the size of the largest set to certify; the file's own if left out")
    parser.add_argument("--key", default="path", help="the Parquet column to identify rows by, written as path")
    labels = parser.add_mutually_exclusive_group()
    labels.add_argument("--labels-from-folders", action="store_true", help="the folder of an image is its label: print metrics")
    labels.add_argument("--labels-from-column", metavar="COLUMN", help="a Parquet column has the labels: print metrics")
    return parser.parse_args()


def main(args):
    from pyspark.sql import SparkSession, functions as F

    spark = SparkSession.builder.appName("score").config("spark.sql.execution.arrow.maxRecordsPerBatch", BATCH_ROWS).getOrCreate()
    try:
        binary = spark.read.format("binaryFile")
        file = open(args.model, "rb").read() if os.path.exists(args.model) else binary.load(args.model).head()["content"]
        metadata = open_session(bytes(file)).get_modelmeta().custom_metadata_map
    except Exception as fault:
        raise Refusal(f"{args.model} cannot be read as an ONNX file: {fault}") from fault
    model = describe(metadata, args.model)
    epsilon, max_k = model.epsilon if args.epsilon is None else args.epsilon, args.max_k
    if not (math.isfinite(epsilon) and epsilon >= 0):
        raise Refusal(f"--epsilon is a finite number, 0 or more, not {epsilon}.")
    if max_k is not None and not 1 <= max_k <= model.radii:
        raise Refusal(f"--max-k is from 1 to {model.radii}, the radii in {args.model}, not {max_k}.")
    sent = spark.sparkContext.broadcast(bytes(file))
    rows = read_rows(spark, args, model)
    schema = ", ".join(f"{name} string" for name in rows.columns if name != "input") + ", " + SCORED
    rows.mapInPandas(lambda frames: score(frames, open_session(sent.value), model, epsilon, max_k), schema).write.parquet(args.output)
    print(f"{args.model}: {model.guarantee}{f' with max_k {max_k}' if max_k else ''}, epsilon {epsilon:g} "
          f"({model.norm}, {model.epsilon_unit}), {model.arithmetic}. Written to {args.output}.")
    if "label" in rows.columns:
        counts = spark.read.parquet(args.output).mapInPandas(tally, "label string, " + ", ".join(f"{name} long" for name in COUNTS))
        table = metrics(counts.groupBy("label").agg(*[F.sum(name).alias(name) for name in COUNTS]).toPandas())
        print(table.to_string(index=False, float_format="{:.4f}".format))
        print(f"A label that is none of {', '.join(model.class_names)} counts as wrong.")


if __name__ == "__main__":
    try:
        main(parse())
    except Refusal as refusal:
        sys.exit(f"score.py: {refusal}")
