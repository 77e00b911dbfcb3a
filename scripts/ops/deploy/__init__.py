"""Provisioning and deploying a stage: CloudFormation stack, build, Chalice, checks, API Gateway, pages."""
