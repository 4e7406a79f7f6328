resource "aws_db_instance" "clinic" {
  identifier          = "clinic"
  engine              = "postgres"
  engine_version      = "16.4"
  instance_class      = "db.t4g.small"
  allocated_storage   = 50
  username            = "clinic"
  password            = var.db_password
  publicly_accessible = true
  skip_final_snapshot = true

  vpc_security_group_ids = [aws_security_group.db.id]
}

variable "db_password" {
  type      = string
  sensitive = true
}
