using System.Collections.Immutable;

namespace DistTrain.Cli.CommandLine;

/// <summary>Command lines to learn from, each with what it does.</summary>
internal static class CommandExamples
{
    public static ImmutableArray<string> Root { get; } =
    [
        "disttrain train                                  # built-in digits, two workers, a few seconds",
        "disttrain train --data mnist:data/mnist --model mlp:512,512 --batch-size 256 --epochs 10",
        "disttrain evaluate runs/NAME                     # accuracy and confusion matrix on the test part",
        "disttrain train --help                           # every setting with its default",
    ];

    public static ImmutableArray<string> Train { get; } =
    [
        "disttrain train",
        "disttrain train --workers 8                      # the same weights, bit for bit",
        "disttrain train --data csv:iris.csv --label species --model mlp:16 --epochs 100",
        "disttrain train --data csv:houses.csv --label price --task regression --optimizer adam",
        "disttrain train --validation-ratio 0.1 --stop-metric validation-loss --epochs 100   # early stopping",
        "disttrain train --config runs/NAME/config.yaml   # the same run again",
        "disttrain train --processes 2                    # two worker processes: the same weights again",
        "disttrain train --listen 0.0.0.0:7000 --min-workers 3 --cluster-folder cluster ",
        "disttrain train --runtime akka --standby a:7000 --listen b:7000 --cluster-folder cluster --run shared/run",
        "disttrain train --run runs/mine --or-resume      # again after every crash: it goes on",
        "disttrain train --json | jq -c 'select(.event == \"epoch\") | [.epoch, .testAccuracy]'",
    ];

    public static ImmutableArray<string> Resume { get; } =
    [
        "disttrain resume runs/NAME",
        "disttrain resume runs/NAME --workers 8           # other workers or shards: the same weights",
        "disttrain resume runs/NAME --processes 2",
        "disttrain resume runs/NAME --listen 0.0.0.0:7000 --cluster-folder cluster   # workers that wait there join again",
    ];

    public static ImmutableArray<string> ClusterInit { get; } =
    [
        "disttrain cluster init                           # a folder 'cluster' with all that the nodes need",
        "disttrain cluster init /etc/disttrain --days 365",
        "disttrain cluster init cluster --if-missing      # at every start of a script or container",
    ];

    public static ImmutableArray<string> Worker { get; } =
    [
        "disttrain worker --join node-1:7000 --cluster-folder cluster",
        "disttrain worker --join node-1:7000 --secret-file secret --threads 8 --data mnist:/data/mnist",
    ];

    public static ImmutableArray<string> Node { get; } =
    [
        "disttrain node --role server --join node-1:7000 --cluster-folder cluster",
    ];

    public static ImmutableArray<string> Status { get; } =
    [
        "disttrain status node-1:7000 --cluster-folder cluster",
        "disttrain status node-1:7000 --cluster-folder cluster --watch 5",
        "disttrain status node-1:7000 --cluster-folder cluster --json | jq .members",
    ];

    public static ImmutableArray<string> Health { get; } =
    [
        "disttrain health 127.0.0.1:8080                  # exit code 0 while the coordinator lives",
        "disttrain health 127.0.0.1:8080 --ready",
    ];

    public static ImmutableArray<string> Chaos { get; } =
    [
        "disttrain chaos                                  # 50 kills over all roles; PASS or FAIL",
        "disttrain chaos --kills 10 --roles worker --seed 7 --keep",
        "disttrain chaos --placement central --max-lost-seconds 1",
    ];

    public static ImmutableArray<string> Evaluate { get; } =
    [
        "disttrain evaluate runs/NAME                     # the run's own test part",
        "disttrain evaluate runs/NAME --split train       # how well it knows what it was trained on",
        "disttrain evaluate runs/NAME --data csv:more.csv # other samples, prepared as the training's were",
    ];

    public static ImmutableArray<string> Predict { get; } =
    [
        "disttrain predict runs/NAME --data csv:new.csv --label none   # a file without labels",
        "disttrain predict runs/NAME --data mnist:data/mnist --json",
    ];

    public static ImmutableArray<string> Export { get; } =
    [
        "disttrain export runs/NAME --onnx model.onnx",
        "disttrain export runs/NAME --safetensors model.safetensors",
    ];

    public static ImmutableArray<string> Bench { get; } =
    [
        "disttrain bench",
        "disttrain bench --seconds 5 --json",
        "disttrain bench --calibrate here.json --model cnn --model mlp:512,512",
    ];

    public static ImmutableArray<string> Simulate { get; } =
    [
        "disttrain simulate --workers 1024 --micro-batches 1024 --batch-size 8192 --model cnn --bandwidth 10Gbit",
        "disttrain simulate --workers 4,16,64 --shards 1,4,16 --placement servers --plot what-if.html",
        "disttrain simulate --workers 64 --placement workers --stragglers random:0.01:5",
        "disttrain simulate --workers 1,2 --on threads --calibration here.json --json",
        "disttrain simulate --runs 1000",
        "disttrain simulate --seed 4711 --trace trace.txt",
    ];

    public static ImmutableArray<string> Models { get; } =
    [
        "disttrain models                                 # for the built-in digits",
        "disttrain models --data cifar10:data/cifar-10-batches-bin",
        "disttrain models mlp:512,512 --data synthetic:strokes",
    ];

    public static ImmutableArray<string> Inspect { get; } =
    [
        "disttrain inspect runs/NAME",
        "disttrain inspect model.safetensors --json",
    ];
}
