resource "aws_s3_bucket" "{{ id }}" {
  #checkov:skip=CKV_AWS_18:the trail of the account tells who read what
  #checkov:skip=CKV_AWS_144:a second region is the choice of whoever pays for it
  #checkov:skip=CKV2_AWS_62:the app has nothing that waits for events
  bucket_prefix = "${substr(local.name, 0, 24)}-{{ short }}-"
}

resource "aws_s3_bucket_public_access_block" "{{ id }}" {
  bucket                  = aws_s3_bucket.{{ id }}.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "{{ id }}" {
  bucket = aws_s3_bucket.{{ id }}.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "{{ id }}" {
  bucket = aws_s3_bucket.{{ id }}.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.this.arn
    }
  }
}

# What was deleted or overwritten can be brought back for this long.
resource "aws_s3_bucket_lifecycle_configuration" "{{ id }}" {
  bucket = aws_s3_bucket.{{ id }}.id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = {{ retention }}
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.{{ id }}]
}

resource "aws_s3_bucket_policy" "{{ id }}" {
  bucket = aws_s3_bucket.{{ id }}.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.{{ id }}.arn, "${aws_s3_bucket.{{ id }}.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.{{ id }}]
}
