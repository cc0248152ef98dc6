"""Prints the records of a table's stream as EventBridge Pipes gets them, one on each line."""

import json
import sys

import boto3


def records(table: str):
    streams = boto3.client("dynamodbstreams")
    arn = boto3.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = streams.get_shard_iterator(**place)["ShardIterator"]
        while iterator:
            page = streams.get_records(ShardIterator=iterator, Limit=1000)
            if not page["Records"]:
                break
            yield from page["Records"]
            iterator = page.get("NextShardIterator")


for record in records(sys.argv[1]):
    print(json.dumps(record, default=str))
